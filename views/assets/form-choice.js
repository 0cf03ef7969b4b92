// Choices on which the rest of a form depends, such as a company and its roles: choosing brings the form back; without script a button
// beside the field does. Finding something inside a form is by its own button, or Enter in its own field.

/**
 * Enter in a field presses the first button that submits, seen or not: that must be the one at the end of the form. So this one
 * submits only when it is meant.
 */
function submitOnlyWhenMeant(button) {
  button.type = 'button';
  return () => {
    button.type = 'submit';
    button.form.requestSubmit(button);
    button.type = 'button';
  };
}

function startFinding() {
  for (const row of document.querySelectorAll('[data-find]')) {
    const button = row.querySelector('button');
    const find = submitOnlyWhenMeant(button);
    button.addEventListener('click', find);
    row.querySelector('input').addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.isComposing) return;
      event.preventDefault();
      find();
    });
  }
}

export function startFormChoices() {
  startFinding();
  for (const button of document.querySelectorAll('[data-submit-meant]')) {
    button.addEventListener('click', submitOnlyWhenMeant(button));
  }
  for (const button of document.querySelectorAll('[data-chooses]')) {
    const select = button.form?.elements.namedItem(button.dataset.chooses);
    if (!(select instanceof HTMLSelectElement)) continue;
    button.hidden = true;
    select.addEventListener('change', submitOnlyWhenMeant(button));
  }
  // The form came as an answer to a form: coming back to it or reloading it asks for it anew instead of sending that one again.
  const { formHref } = document.querySelector('[data-form-href]')?.dataset ?? {};
  if (formHref) history.replaceState(null, '', formHref);
}
