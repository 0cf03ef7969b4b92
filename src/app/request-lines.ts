// Requests in line, by connection: each is begun when the answer to the one before it is done.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

type Begin = (request: IncomingMessage, response: ServerResponse) => void;

interface Line {
  /** The answer that is being worked on, or the last that was. */
  current: ServerResponse;
  /** To the request that came last. */
  latest: ServerResponse;
}

export interface RequestLines {
  readonly listener: RequestListener;
  /** The answers that are being worked on, at most one on each connection. */
  underWay(): readonly ServerResponse[];
  /** The one on this connection. */
  on(socket: Duplex): ServerResponse | undefined;
}

/**
 * Node would begin all requests that come on one connection without waiting: a few kilobytes of requests would make megabytes of
 * answers wait for somebody who reads none. What is kept is kept by connection, since listening to the end of each answer would cost a
 * twentieth of a short one.
 */
export function createRequestLines(begin: Begin): RequestLines {
  const lines = new Map<Duplex, Line>();
  const underWay = ({ current }: Line) => (current.closed ? [] : [current]);
  return {
    listener(request, response) {
      const { socket } = request;
      const line = lines.get(socket);
      if (!line) {
        lines.set(socket, { current: response, latest: response });
        socket.once('close', () => lines.delete(socket));
        return begin(request, response);
      }
      const before = line.latest;
      line.latest = response;
      if (before.closed) {
        line.current = response;
        return begin(request, response);
      }
      before.once('close', () => {
        // The other connections come in between: an answer that the system takes at once would else lead straight to the next.
        setImmediate(() => {
          if (socket.destroyed) return;
          line.current = response;
          begin(request, response);
        });
      });
    },
    underWay: () => [...lines.values()].flatMap(underWay),
    on(socket) {
      const line = lines.get(socket);
      return line && underWay(line)[0];
    },
  };
}
