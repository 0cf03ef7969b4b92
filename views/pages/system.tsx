// The installation, for those who run it: what it is made of, how it does, and what looks misconfigured.

import type { ComponentChildren } from 'preact';
import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { Notice } from '../parts/notice.tsx';
import { Facts, Panel } from '../parts/panel.tsx';
import { Status } from '../parts/status.tsx';
import { Table } from '../parts/table.tsx';
import { RelativeTime } from '../parts/time.tsx';

export type SystemPageProps = {
  frame: AppFrame;
  version: string;
  nodeVersion: string;
  startedAt: Date;
  issuer: string;
  database: {
    version: string;
    isEmbedded: boolean;
    sizeBytes: number;
    processes: number;
    migrations: readonly string[];
  };
  changeFeed: { isFresh: boolean; ageMilliseconds: number };
  connections: { busy: number; idle: number; waiting: number };
  auditWaiting: number;
  trustedProxies: readonly string[];
  ignoredForwarding: readonly { peer: string; count: number; lastAt: Date }[];
  dnsServers: readonly string[];
};

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** Such as `73 MB`. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toLocaleString('en', { maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0 })} ${units[unit]}`;
}

function codes(texts: readonly string[], none: string): ComponentChildren {
  if (texts.length === 0) return <span class="muted">{none}</span>;
  return (
    <ul class="chips">
      {texts.map((text) => (
        <li key={text}>
          <code>{text}</code>
        </li>
      ))}
    </ul>
  );
}

function Forwarding({ ignoredForwarding, now }: Pick<SystemPageProps, 'ignoredForwarding'> & { now: Date }) {
  if (ignoredForwarding.length === 0) return null;
  const [first] = ignoredForwarding;
  return (
    <>
      <Notice tone="warn" title={`X-Forwarded-For arrives from ${first?.peer}, which is no trusted proxy`}>
        It is ignored, so everybody behind that address is seen as that address. If it is your proxy, name it in{' '}
        <code>POSTERN_TRUSTED_PROXIES</code> and start again. If it is not, somebody tries to pass for another.
      </Notice>
      <Panel
        id="forwarding"
        title="Ignored X-Forwarded-For"
        lede="Since the start of the process that answers you; the peers that come most often."
        flush
      >
        <Table
          caption="Peers whose X-Forwarded-For is ignored"
          rows={ignoredForwarding}
          rowKey={({ peer }) => peer}
          columns={[
            { head: 'Peer', cell: ({ peer }) => <code>{peer}</code> },
            { head: 'Requests', kind: 'number', cell: ({ count }) => count.toLocaleString('en') },
            { head: 'Last', kind: 'nowrap', cell: ({ lastAt }) => <RelativeTime at={lastAt} now={now} /> },
          ]}
        />
      </Panel>
    </>
  );
}

export function SystemPage(props: SystemPageProps) {
  const { frame, database, changeFeed, connections, auditWaiting } = props;
  const lag = `${(changeFeed.ageMilliseconds / 1000).toFixed(1)} s ago`;
  return (
    <AppShell frame={frame} title={['System']}>
      <PageHeader title="System" lede="This installation, as the process sees it that answers you." />
      <Forwarding ignoredForwarding={props.ignoredForwarding} now={frame.now} />
      <Panel id="program" title="Program">
        <Facts
          facts={[
            { term: 'Postern', value: props.version },
            { term: 'Node.js', value: props.nodeVersion },
            { term: 'Started', value: <RelativeTime at={props.startedAt} now={frame.now} /> },
            { term: 'Issuer', value: <code>{props.issuer}</code>, wide: true },
            {
              term: 'Trusted proxies',
              value: codes(props.trustedProxies, 'None: X-Forwarded-For says nothing'),
              wide: true,
            },
            { term: 'Name servers for IP rules', value: codes(props.dnsServers, 'Those of the system'), wide: true },
          ]}
        />
      </Panel>
      <Panel id="database" title="Database">
        <Facts
          facts={[
            { term: 'PostgreSQL', value: database.isEmbedded ? `${database.version}, embedded` : database.version },
            { term: 'Size', value: sizeText(database.sizeBytes) },
            { term: 'Processes of Postern', value: database.processes.toLocaleString('en') },
            {
              term: 'Changes of others',
              value: (
                <span class="outcome">
                  <Status tone={changeFeed.isFresh ? 'good' : 'bad'}>
                    {changeFeed.isFresh ? 'Heard of at once' : 'Not heard of'}
                  </Status>
                  <span class="outcome-reason">
                    {`Last look ${lag}`}
                    {!changeFeed.isFresh && '. Until then memory is not trusted: everything is read from the database.'}
                  </span>
                </span>
              ),
            },
            {
              term: 'Connections',
              value: `${connections.busy} busy, ${connections.idle} idle, ${connections.waiting} waited for`,
            },
            { term: 'Audit events being stored', value: auditWaiting.toLocaleString('en') },
            { term: 'Migrations', value: codes(database.migrations, 'None'), wide: true },
          ]}
        />
      </Panel>
    </AppShell>
  );
}
