// Asks in a dialog instead of on a page of its own.

export function startDialogs() {
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest('[data-dialog]') : null;
    const dialog = link && document.getElementById(link.dataset.dialog);
    if (!(dialog instanceof HTMLDialogElement)) return;
    event.preventDefault();
    dialog.showModal();
  });
  for (const dialog of document.querySelectorAll('dialog')) {
    // A click on the backdrop has the dialog itself as its target, one inside never has.
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) dialog.close();
    });
  }
}
