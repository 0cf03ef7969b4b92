// Choosing a company brings the form back with its roles; without script a button beside the field does.

export function startCompanyChoice() {
  for (const button of document.querySelectorAll('[data-choose-company]')) {
    const select = button.form?.elements.namedItem('company_id');
    if (!(select instanceof HTMLSelectElement)) continue;
    button.hidden = true;
    // Enter in a field presses the first button that submits, seen or not: that must be the one at the end of the form.
    button.type = 'button';
    // The form came as an answer to a form: coming back to it or reloading it asks for it anew instead of sending that one again.
    if (button.dataset.chooseCompany) history.replaceState(null, '', button.dataset.chooseCompany);
    select.addEventListener('change', () => {
      button.type = 'submit';
      button.form.requestSubmit(button);
      button.type = 'button';
    });
  }
}
