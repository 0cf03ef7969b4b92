// Live clients whose host names have been heard of: a client that is used for the first time isn't refused for want of a DNS answer.

import type { HostDirectory } from '../address/host-directory.ts';
import type { LiveClient, LiveClients } from './live-client.ts';

/** `peek` passes over a client until its host names are known, `find` waits for them, 1.5 s at most. */
export function awaitHostNames(clients: LiveClients, hosts: Pick<HostDirectory, 'isReady' | 'ready'>): LiveClients {
  const isReady = ({ ipMode, ipMatcher }: LiveClient) =>
    ipMode === 'off' || ipMatcher.hostNames.length === 0 || hosts.isReady(ipMatcher.hostNames);
  return {
    peek(clientId) {
      const client = clients.peek(clientId);
      return client && isReady(client) ? client : undefined;
    },
    async find(clientId) {
      const client = await clients.find(clientId);
      if (client && !isReady(client)) await hosts.ready(client.ipMatcher.hostNames);
      return client;
    },
  };
}
