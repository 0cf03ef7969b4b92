// Runs before the first paint: marks that scripts run, and applies the theme that this browser has chosen.
(() => {
  const root = document.documentElement;
  root.classList.add('scripted');
  try {
    const theme = localStorage.getItem('postern-theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
  } catch {
    // Storage is switched off: the system's theme holds.
  }
})();
