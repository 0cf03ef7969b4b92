// "Would this client be let in from … asking for …?": the very checks of the access decision, without issuing, each with its verdict in words.

import { formatIpAddress, type IpAddress } from '../address/ip-address.ts';
import type { IpMatcher } from '../address/ip-matcher.ts';
import type { LiveClient } from '../client/live-client.ts';
import { decideGrant } from '../token/grant.ts';
import { ACCESS_CHECKS, type AccessFacts, type RefusalReason } from './access-decision.ts';

export interface AskedAccess {
  readonly scope?: string | undefined;
  readonly resource?: string | undefined;
}

export type StepName = RefusalReason | 'grant';

export interface ExplainedStep {
  readonly name: StepName;
  readonly question: string;
  /** `warned`: it passes because the IP restriction only reports. */
  readonly verdict: 'passed' | 'warned' | 'refused';
  /** One or two sentences with the remedy. */
  readonly explanation: string;
}

export interface ExplainedAccess {
  readonly allowed: boolean;
  /** The first refusal: what the audit log would say. */
  readonly reason: RefusalReason | 'invalid_scope' | 'invalid_target' | null;
  readonly steps: readonly ExplainedStep[];
}

/** What a host name in the rules stands for now, as a sentence; undefined where nothing is known of it. */
export type TellHost = (name: string) => string | undefined;

/**
 * Every step is looked at, also after a refusal, so that everything in the way is seen at once. The secret itself isn't checked: the
 * caller has none. Pure, but for what `tellHost` knows.
 */
export function explainAccess(
  client: LiveClient,
  facts: AccessFacts,
  asked: AskedAccess,
  tellHost: TellHost = () => undefined,
): ExplainedAccess {
  const steps: ExplainedStep[] = [explainSecrets(client, facts)];
  for (const check of ACCESS_CHECKS) {
    const passes = check.passes(client, facts);
    const isWarned = passes && isReported(check.name, client, facts);
    const verdict = passes ? (isWarned ? 'warned' : 'passed') : 'refused';
    steps.push({
      name: check.name,
      question: check.question,
      verdict,
      explanation: explainCheck(check.name, passes, client, facts, tellHost),
    });
  }
  const refused = steps.find((step) => step.verdict === 'refused');
  const grant = decideGrant(client, asked);
  if (grant.ok) {
    const { api, scopes, lifetimeSeconds } = grant.grant;
    const what = `${scopes.join(' ')} of ${api.name} (${api.identifier}) for ${lifetimeSeconds} seconds`;
    steps.push(grantStep('passed', refused ? `Otherwise it would get ${what}.` : `It gets ${what}.`));
  } else steps.push(grantStep('refused', `${grant.error}: ${grant.description}`));
  const reason = refused ? refusalOf(refused.name) : grant.ok ? null : grant.error;
  return { allowed: reason === null, reason, steps };
}

function isReported(name: RefusalReason, client: LiveClient, { address }: AccessFacts): boolean {
  if (name === 'address_refused') return client.ipMode === 'report' && !client.ipMatcher.allows(address);
  if (name !== 'company_address_refused') return false;
  return client.companyRestrictions.some(({ mode, matcher }) => mode === 'report' && !matcher.allows(address));
}

function refusalOf(name: StepName): RefusalReason | null {
  return name === 'grant' ? null : name;
}

function grantStep(verdict: ExplainedStep['verdict'], explanation: string): ExplainedStep {
  return { name: 'grant', question: 'Does its role hold what is asked for?', verdict, explanation };
}

function explainSecrets({ secrets }: LiveClient, { now }: AccessFacts): ExplainedStep {
  const live = secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
  const question = 'Does it have a secret that has not expired?';
  if (live.length === 0) {
    const explanation = `${secrets.length === 0 ? 'It has no secret' : 'Its secrets have expired'}. Make a new one.`;
    return { name: 'secret_expired', question, verdict: 'refused', explanation };
  }
  const hints = live.map(({ hint }) => `…${hint}`).join(' and ');
  return { name: 'secret_expired', question, verdict: 'passed', explanation: `It can come with the secret ${hints}.` };
}

type Explain = (passes: boolean, client: LiveClient, facts: AccessFacts, tellHost: TellHost) => string;

/** For every check of the decision; the other reasons are about the secret and never come up here. */
const EXPLANATIONS: Partial<Record<RefusalReason, Explain>> = {
  client_inactive: (passes) => (passes ? 'It is active.' : 'It is inactive. Activate it.'),
  client_expired: (passes, { expiresAt }) => {
    if (expiresAt === null) return 'It never expires.';
    const instant = expiresAt.toISOString();
    return passes ? `It expires at ${instant}.` : `It expired at ${instant}. Set a later time, or none.`;
  },
  company_suspended: (passes, { companyName }) =>
    passes
      ? `${companyName} and every company above it are active.`
      : `${companyName}, or a company above it, is suspended. Whoever suspended it can reactivate it.`,
  company_address_refused: (_passes, { companyName, companyRestrictions }, { address }, tellHost) => {
    if (companyRestrictions.length === 0) return `${companyName} lets its clients come from any address.`;
    return companyRestrictions
      .map((each) => `Rules of ${each.companyName}: ${explainRules(each.matcher, each.mode, address, tellHost)}`)
      .join(' ');
  },
  address_refused: (_passes, { ipMode, ipMatcher }, { address }, tellHost) =>
    ipMode === 'off' ? 'It may come from any address.' : explainRules(ipMatcher, ipMode, address, tellHost),
};

function explainCheck(name: RefusalReason, ...about: Parameters<Explain>): string {
  const explain = EXPLANATIONS[name];
  return explain ? explain(...about) : about[0] ? 'Yes.' : 'No.';
}

function explainRules(
  matcher: IpMatcher,
  mode: 'report' | 'enforce',
  address: IpAddress | undefined,
  tellHost: TellHost,
): string {
  const isEnforced = mode === 'enforce';
  if (address === undefined) {
    return `The address is unknown: what the proxy says is no address. ${isEnforced ? 'A restricted client is not let in then.' : REPORTED}`;
  }
  const text = formatIpAddress(address);
  const rule = matcher.findRule(address);
  if (rule === text) return `The list has ${text}.`;
  if (rule !== undefined) return `${text} is let in by ${rule}.${hostWords(matcher, [rule], tellHost)}`;
  const remedy = isEnforced ? 'Add it to the list to let it in.' : REPORTED;
  return `No rule lets ${text} in. ${remedy}${hostWords(matcher, matcher.hostNames, tellHost)}`;
}

const REPORTED = 'It passes because the restriction only reports; enforcing it would refuse this.';
const HOSTS_TOLD = 5;

/** What those of the rules that are host names stand for: they may be the reason why an address that should be let in is not. */
function hostWords({ hostNames }: IpMatcher, rules: readonly string[], tellHost: TellHost): string {
  const told = rules
    .filter((rule) => hostNames.includes(rule))
    .flatMap((name) => {
      const words = tellHost(name);
      return words === undefined ? [] : [` ${name}: ${words}`];
    });
  const left = told.length - HOSTS_TOLD;
  return told.slice(0, HOSTS_TOLD).join('') + (left > 0 ? ` And ${left} more host names.` : '');
}
