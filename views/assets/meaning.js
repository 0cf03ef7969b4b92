// Says beside an input what its value means: seconds as hours, a UTC time as the reader's own.
import { exactText } from './time.js';

function durationMeaning(value) {
  const seconds = Number(value);
  if (value === '' || !Number.isInteger(seconds) || seconds < 60) return '';
  const parts = [
    [Math.floor(seconds / 3600), 'hour'],
    [Math.floor((seconds % 3600) / 60), 'minute'],
    [seconds % 60, 'second'],
  ];
  return `= ${parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`)
    .join(' ')}`;
}

function utcMeaning(value) {
  const at = new Date(`${value}Z`);
  return value === '' || Number.isNaN(at.getTime()) ? '' : `= ${exactText(at)}`;
}

export function startMeanings() {
  for (const output of document.querySelectorAll('output[data-meaning]')) {
    const input = document.getElementById(output.htmlFor.value);
    if (!input) continue;
    const meaningOf = output.dataset.meaning === 'duration' ? durationMeaning : utcMeaning;
    const show = () => {
      output.value = meaningOf(input.value);
    };
    input.addEventListener('input', show);
    show();
  }
}
