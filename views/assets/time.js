// Writes instants in the reader's zone and keeps relative ones true while the page stays open.
// The wording is the same as in views/parts/time.tsx.

const exact = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

export function exactText(at) {
  return exact.format(at);
}

export function relativeText(at, now) {
  const difference = (at.getTime() - now.getTime()) / 1000;
  const distance = Math.abs(difference);
  if (distance < 45) return 'just now';
  if (distance >= 60 * 86400) return day.format(at);
  const [unit, seconds] = distance < 3570 ? ['minute', 60] : distance < 84600 ? ['hour', 3600] : ['day', 86400];
  const count = Math.max(1, Math.round(distance / seconds));
  const words = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return difference < 0 ? `${words} ago` : `in ${words}`;
}

export function startTimes() {
  // The server's clock at rendering is the measure: a reader's clock may be wrong by minutes.
  const openedAt = performance.now();
  const renderedAt = Date.parse(document.documentElement.dataset.now ?? '') || Date.now();
  const refresh = () => {
    const now = new Date(renderedAt + performance.now() - openedAt);
    for (const element of document.querySelectorAll('time[data-time]')) {
      const at = new Date(element.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      if (element.dataset.time === 'exact') {
        element.textContent = exactText(at);
      } else {
        element.textContent = relativeText(at, now);
        element.title = exactText(at);
      }
    }
  };
  refresh();
  setInterval(refresh, 30_000);
}
