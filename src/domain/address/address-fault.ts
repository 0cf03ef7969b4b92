// Why a piece of text is no IP address, in a sentence that names the remedy.

import { formatIpAddress, lastAddressValue, parseIpAddress } from './ip-address.ts';

/** `text` must have been refused by parseIpAddress. */
export function explainBadAddress(text: string): string {
  if (text.includes('%')) return `${text} has a zone id (the part from %). Zones have no meaning here; remove it.`;
  return text.includes(':') ? explainBadIpv6(text) : explainBadIpv4(text);
}

function explainBadIpv4(text: string): string {
  if (/^\d+$/.test(text)) return explainPlainNumber(text);
  if (/(?:^|\.)0x/i.test(text)) return `${text} is hexadecimal. Write the four octets in decimal, such as 192.0.2.10.`;
  if (!/^[\d.]+$/.test(text)) return `${text} is no IP address. Write one such as 192.0.2.10 or 2001:db8::1.`;
  const octets = text.split('.');
  if (octets.includes('')) return `${text} has a dot too many. Write four octets, such as 192.0.2.10.`;
  const padded = octets.some((octet) => octet.length > 1 && octet.startsWith('0'));
  if (padded) return explainLeadingZeros(text, octets);
  const large = octets.find((octet) => octet.length > 3 || Number(octet) > 255);
  if (large !== undefined) return `${text} has the octet ${large}; octets go from 0 to 255. Correct it.`;
  if (octets.length < 4) {
    const filled = [...octets, '0', '0', '0'].slice(0, 4).join('.');
    return `${text} has ${octets.length} of four octets. Write all four, or a network such as ${filled}/${octets.length * 8}.`;
  }
  return `${text} has ${octets.length} octets; an IPv4 address has four. Remove the surplus.`;
}

function explainPlainNumber(text: string): string {
  const value = text.length <= 10 ? BigInt(text) : undefined;
  if (value === undefined || value > lastAddressValue[4] || value < 256n || text.startsWith('0')) {
    return `${text} is a plain number. Write an address with four octets, such as 192.0.2.10.`;
  }
  return `${text} is a plain number. Write the address as ${formatIpAddress({ family: 4, value })} if that is meant.`;
}

function explainLeadingZeros(text: string, octets: readonly string[]): string {
  const decimal = octets.map((octet) => octet.replace(/^0+(?=\d)/, '')).join('.');
  return `${text} has leading zeros, which some programs read as octal. Write ${decimal} if decimal is meant.`;
}

function explainBadIpv6(text: string): string {
  const tail = text.slice(text.lastIndexOf(':') + 1);
  if (text.slice(0, text.lastIndexOf(':')).includes('.')) {
    return `${text} is no IPv6 address: only its end may be written with dots. Leave out a port, and use - for a range.`;
  }
  if (tail.includes('.') && parseIpAddress(tail) === undefined) return explainBadIpv4(tail);
  const foreign = /[^0-9a-f:.]/i.exec(text);
  if (foreign !== null) return `${text} is no IPv6 address: ${foreign[0]} is no hexadecimal digit. Correct it.`;
  if (text.includes(':::')) return `${text} has three colons in a row. Write :: once for the zeros left out.`;
  if (text.split('::').length > 2) return `${text} has :: twice, so its length is unclear. Write :: once at most.`;
  if (/^:(?!:)|[^:]:$/.test(text)) return `${text} starts or ends with a single colon. Remove it, or write ::.`;
  const groups = text.split(':').filter((group) => group !== '');
  const long = groups.find((group) => group.length > 4 && !group.includes('.'));
  if (long !== undefined) return `${text} has the group ${long}; a group has at most four digits. Correct it.`;
  return explainGroupCount(text, groups.length + (tail.includes('.') ? 1 : 0));
}

function explainGroupCount(text: string, count: number): string {
  if (count > 8) return `${text} has ${count} groups; an IPv6 address has eight. Remove the surplus.`;
  if (text.includes('::')) return `${text} leaves nothing out at ::, for it has ${count} groups. Remove the surplus.`;
  return `${text} has ${count} of eight groups. Write all eight, or :: once for the zeros left out.`;
}
