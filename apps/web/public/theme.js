// Applies the chosen colour scheme before the first paint; a file of its own because the policy allows no inline script.
(() => {
  try {
    const chosen = localStorage.getItem('steading.theme');
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage is switched off: the system's scheme applies.
  }
})();
