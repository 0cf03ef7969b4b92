// Choosing a company brings the form back with its roles; without script a button beside the field does.

export function startCompanyChoice() {
  for (const button of document.querySelectorAll('[data-choose-company]')) {
    const select = button.form?.elements.namedItem('company_id');
    if (!(select instanceof HTMLSelectElement)) continue;
    button.hidden = true;
    select.addEventListener('change', () => button.form.requestSubmit(button));
  }
}
