// A secret that is shown once: masked until a box says to reveal it, so that it can be copied without being seen. Needs no script.

import { Icon } from './icon.tsx';

/** Shows the secret or its mask, by the checkbox that `RevealToggle` is. Its first five characters say what it is. */
export function Masked({ secret }: { secret: string }) {
  return (
    <>
      <span class="masked" aria-label="hidden secret" role="img">
        {`${secret.slice(0, 5)}${'•'.repeat(24)}`}
      </span>
      <span class="unmasked">{secret}</span>
    </>
  );
}

/** `what` is revealed: "secret". */
export function RevealToggle({ what }: { what: string }) {
  return (
    <label class="button secondary reveal">
      <input type="checkbox" id="reveal" autocomplete="off" />
      <span class="when-hidden">
        <Icon name="eye" />
        <span>Reveal</span>
      </span>
      <span class="when-shown">
        <Icon name="eye-off" />
        <span>Hide</span>
      </span>
      <span class="visually-hidden"> the {what}</span>
    </label>
  );
}
