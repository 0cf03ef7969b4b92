// Ways of writing addresses that other systems know and rules don't: each refused with what to write instead.

import { isIP } from 'node:net';
import { formatIpAddress, parseIpAddress } from './ip-address.ts';

/** Undefined when the text has none of these notations; it may still be wrong. */
export function explainForeignNotation(text: string): string | undefined {
  if (/[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/.test(text)) {
    return 'The dash in this entry is a typographic one. Write the plain hyphen: a-b.';
  }
  if (/[^\0-\x7f]/.test(text) && /^[\p{Nd}\p{P}]+$/u.test(text)) {
    return 'The digits or dots of this entry are not the plain ones. Write an address with 0 to 9 and full stops.';
  }
  if (/^(?:[a-z]+:)?\/\//i.test(text))
    return 'This looks like a URL. Write only the host name or address, without scheme and path.';
  if (/[[\]]/.test(text)) return explainBrackets(text);
  return explainZone(text) ?? explainWildcard(text) ?? explainNetmask(text) ?? explainPort(text);
}

function explainBrackets(text: string): string {
  const inner = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1];
  const example = inner !== undefined && isIP(inner) !== 0 && !inner.includes('%') ? inner : '2001:db8::1';
  return `Brackets and ports belong to URLs. Write the bare address: ${example}.`;
}

function explainZone(text: string): string | undefined {
  if (!text.includes('%')) return undefined;
  if (isIP(text.slice(0, text.indexOf('%'))) !== 6) {
    return `${text} has a percent sign, which is part of no address or host name. Remove it.`;
  }
  return `${text} has a zone id, which means something on one machine only. Write ${text.replace(/%[^/-]*/g, '')}.`;
}

function explainWildcard(text: string): string | undefined {
  const pieces = text.split('-').map((piece) => piece.split('.'));
  const isPattern = ([head = '', ...rest]: string[]) => /^\d+$/.test(head) && rest.some((label) => /^x+$/i.test(label));
  if (!text.includes('*') && !pieces.some((labels) => isPattern(labels) && labels.every(isOctetOrX))) return undefined;
  if (text === '*') return 'A wildcard is no rule. To let every address in, choose to allow all IPs.';
  if (text.includes(':')) return 'Wildcards are not supported. Write a network, such as 2001:db8::/32.';
  if (!/^[\d.*x-]+$/i.test(text)) return `Wildcards are not supported. Write each host by its full name.`;
  const octets = (pieces[0] ?? []).filter((label) => /^\d+$/.test(label));
  const network = [...octets, '0', '0', '0', '0'].slice(0, 4).join('.');
  const isNetwork = /^(?:\d+\.){1,3}[*x]+(?:\.[*x]+)*$/i.test(text) && isIP(network) === 4;
  const example = isNetwork ? `${network}/${octets.length * 8}` : '10.0.0.0/16';
  return `Wildcards are not supported. Write a network with its prefix length, such as ${example}.`;
}

function isOctetOrX(label: string): boolean {
  return /^(?:\d+|x+)$/i.test(label);
}

function explainNetmask(text: string): string | undefined {
  const [, address = '', mask = ''] = /^([^/]*)\/([\d.]*\.[\d.]*)$/.exec(text) ?? [];
  if (mask === '') return undefined;
  const length = prefixLengthOf(mask);
  const network = parseIpAddress(address);
  const example =
    network?.family === 4 && length !== undefined ? `${formatIpAddress(network)}/${length}` : '10.0.0.0/8';
  return `Netmasks are not supported. Write the prefix length instead: ${example}.`;
}

/** Of a netmask (255.255.0.0) or its inverse (0.0.255.255); undefined if its bits are no run. */
function prefixLengthOf(mask: string): number | undefined {
  const address = parseIpAddress(mask);
  if (address === undefined) return undefined;
  const bits = address.value.toString(2).padStart(32, '0');
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : /^0*1*$/.test(bits) ? bits.indexOf('1') : undefined;
}

function explainPort(text: string): string | undefined {
  const [, name = '', port = ''] = /^([^:/]*[.g-z][^:/]*):(\d*)$/i.exec(text) ?? [];
  return name === '' ? undefined : `Rules hold for every port. Leave out :${port} and write ${name}.`;
}
