// Instants. The server writes them in UTC; a script turns them into the reader's zone and keeps relative ones true.

const units = [
  { unit: 'minute', seconds: 60 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'day', seconds: 86_400 },
] as const;

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function two(value: number): string {
  return String(value).padStart(2, '0');
}

export function dateText(at: Date): string {
  return `${at.getUTCDate()} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

/** Such as `1 Mar 2026, 14:05:09 UTC`. */
export function exactText(at: Date): string {
  return `${dateText(at)}, ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} UTC`;
}

/** Such as `3 minutes ago` or `in 5 days`; a plain date when it is more than 60 days away. */
export function relativeText(at: Date, now: Date): string {
  const difference = (at.getTime() - now.getTime()) / 1000;
  const distance = Math.abs(difference);
  if (distance < 45) return 'just now';
  if (distance >= 60 * 86_400) return dateText(at);
  const { unit, seconds } = distance < 3570 ? units[0] : distance < 84_600 ? units[1] : units[2];
  const count = Math.max(1, Math.round(distance / seconds));
  const words = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return difference < 0 ? `${words} ago` : `in ${words}`;
}

/** Such as `24 hours` or `90 minutes`, for a number of seconds. */
export function durationText(seconds: number): string {
  const { unit, size } =
    seconds % 3600 === 0
      ? { unit: 'hour', size: 3600 }
      : seconds % 60 === 0
        ? { unit: 'minute', size: 60 }
        : { unit: 'second', size: 1 };
  const count = seconds / size;
  return `${count.toLocaleString('en')} ${unit}${count === 1 ? '' : 's'}`;
}

/** The distance from now, with the exact instant on hover. */
export function RelativeTime({ at, now }: { at: Date; now: Date }) {
  return (
    <time dateTime={at.toISOString()} title={exactText(at)} data-time="relative">
      {relativeText(at, now)}
    </time>
  );
}

export function ExactTime({ at }: { at: Date }) {
  return (
    <time dateTime={at.toISOString()} data-time="exact">
      {exactText(at)}
    </time>
  );
}

/** The distance from now, or `absent` when there is no such instant. */
export function MaybeTime({ at, now, absent }: { at: Date | null; now: Date; absent: string }) {
  return at ? <RelativeTime at={at} now={now} /> : <span class="muted">{absent}</span>;
}
