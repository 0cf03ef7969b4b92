// The choice of theme on the account page, kept in this browser.

const key = 'postern-theme';

function apply(theme) {
  if (theme === 'light' || theme === 'dark') {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(key, theme);
  } else {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(key);
  }
}

export function startThemeChoice() {
  const choice = document.querySelector('[data-theme-choice]');
  if (!choice) return;
  try {
    const chosen = localStorage.getItem(key) ?? 'system';
    for (const radio of choice.querySelectorAll('input')) radio.checked = radio.value === chosen;
  } catch {
    choice.closest('.panel')?.remove();
    return;
  }
  choice.addEventListener('change', (event) => apply(event.target.value));
}
