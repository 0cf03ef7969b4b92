// A small name server over UDP and TCP (RFC 1035) that says what a test tells it to.

import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { parseIpAddress } from '../../src/domain/address/ip-address.ts';

export interface Zone {
  readonly a?: readonly string[];
  readonly aaaa?: readonly string[];
  /** Followed within the same answer, as a recursive server does. */
  readonly cname?: string;
  readonly ttl?: number;
  /** A name without this and without records has no addresses (NODATA). */
  readonly fault?: Fault | { readonly a?: Fault; readonly aaaa?: Fault };
}

export type Fault = 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'silence';

export interface Question {
  readonly name: string;
  readonly type: 'A' | 'AAAA';
  readonly over: 'udp' | 'tcp';
}

export interface DnsServer {
  /** `ip:port` */
  readonly address: string;
  /** Names that aren't here don't exist (NXDOMAIN). */
  readonly zones: Map<string, Zone>;
  readonly questions: Question[];
  close(): Promise<void>;
}

const RESPONSE_CODES = { NXDOMAIN: 3, SERVFAIL: 2, REFUSED: 5 } as const;
const [TYPE_A, TYPE_CNAME, TYPE_AAAA, CLASS_IN] = [1, 5, 28, 1];
/** RFC 1035 §4.2.1 */
const MAX_UDP_BYTES = 512;

export async function startDnsServer(zones: Readonly<Record<string, Zone>> = {}): Promise<DnsServer> {
  const known = new Map(Object.entries(zones));
  const questions: Question[] = [];
  const answer = (message: Buffer, over: Question['over']) => {
    const asked = readQuestion(message);
    questions.push({ name: asked.name, type: asked.type, over });
    return respond(message, asked, known, over);
  };
  const tcp = createServer((socket) => serveTcp(socket, answer));
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const port = portOf(tcp);
  const udp = createSocket('udp4');
  udp.on('message', (message: Buffer, from: RemoteInfo) => {
    const response = answer(message, 'udp');
    if (response) udp.send(response, from.port, from.address);
  });
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  return {
    address: `127.0.0.1:${port}`,
    zones: known,
    questions,
    close: () => closeBoth(udp, tcp),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
}

async function closeBoth(udp: UdpSocket, tcp: Server): Promise<void> {
  const closed = Promise.all([once(udp, 'close'), once(tcp, 'close')]);
  udp.close();
  tcp.close();
  await closed;
}

/** Each message has its length before it (RFC 1035 §4.2.2). */
function serveTcp(socket: Socket, answer: (message: Buffer, over: 'tcp') => Buffer | undefined): void {
  let received = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const length = received.readUInt16BE(0);
      const response = answer(received.subarray(2, 2 + length), 'tcp');
      received = received.subarray(2 + length);
      if (response) socket.write(Buffer.concat([uint16(response.length), response]));
    }
  });
  // Resolvers keep the connection open for a while; the test doesn't wait for that.
  socket.unref();
}

interface Asked {
  readonly name: string;
  readonly type: 'A' | 'AAAA';
  /** The question section as sent. */
  readonly section: Buffer;
}

function readQuestion(message: Buffer): Asked {
  const labels: string[] = [];
  let at = 12;
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += length + 1;
  }
  const type = message.readUInt16BE(at + 1) === TYPE_AAAA ? 'AAAA' : 'A';
  return { name: labels.join('.'), type, section: message.subarray(12, at + 5) };
}

function respond(
  message: Buffer,
  asked: Asked,
  zones: ReadonlyMap<string, Zone>,
  over: Question['over'],
): Buffer | undefined {
  const zone = zones.get(asked.name);
  const fault = zone === undefined ? 'NXDOMAIN' : faultOf(zone, asked.type);
  if (fault === 'silence') return undefined;
  if (fault) return reply(message, asked, [], RESPONSE_CODES[fault]);
  const { records, isDangling } = recordsOf(asked, zones);
  const full = reply(message, asked, records, isDangling ? RESPONSE_CODES.NXDOMAIN : 0);
  return over === 'udp' && full.length > MAX_UDP_BYTES ? reply(message, asked, [], 0, { isTruncated: true }) : full;
}

function faultOf({ fault }: Zone, type: Question['type']): Fault | undefined {
  if (typeof fault !== 'object') return fault;
  return type === 'A' ? fault.a : fault.aaaa;
}

function recordsOf(asked: Asked, zones: ReadonlyMap<string, Zone>): { records: Buffer[]; isDangling: boolean } {
  const records: Buffer[] = [];
  let name = asked.name;
  let zone = zones.get(name);
  while (zone?.cname !== undefined) {
    records.push(record(name, TYPE_CNAME, zone.ttl, encodeName(zone.cname)));
    name = zone.cname;
    zone = zones.get(name);
  }
  const type = asked.type === 'A' ? TYPE_A : TYPE_AAAA;
  const addresses = (asked.type === 'A' ? zone?.a : zone?.aaaa) ?? [];
  for (const address of addresses) records.push(record(name, type, zone?.ttl, encodeAddress(address, asked.type)));
  return { records, isDangling: zone === undefined };
}

function reply(
  message: Buffer,
  asked: Asked,
  records: readonly Buffer[],
  code: number,
  { isTruncated = false } = {},
): Buffer {
  // QR, RD, RA; TC where it was cut.
  const flags = 0x8180 | (isTruncated ? 0x0200 : 0) | code;
  const header = [message.subarray(0, 2), ...[flags, 1, records.length, 0, 0].map(uint16)];
  return Buffer.concat([...header, asked.section, ...records]);
}

function record(name: string, type: number, ttl: number | undefined, data: Buffer): Buffer {
  const seconds = Buffer.alloc(4);
  seconds.writeUInt32BE(ttl ?? 60);
  return Buffer.concat([encodeName(name), uint16(type), uint16(CLASS_IN), seconds, uint16(data.length), data]);
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(label, 'latin1'));
  return Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), label]), Buffer.from([0])]);
}

/** 16 bytes for AAAA, a mapped address too. */
function encodeAddress(text: string, type: Question['type']): Buffer {
  const address = parseIpAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  const isMapped = type === 'AAAA' && address.family === 4;
  const value = isMapped ? (0xffffn << 32n) | address.value : address.value;
  return Buffer.from(value.toString(16).padStart(type === 'A' ? 8 : 32, '0'), 'hex');
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
