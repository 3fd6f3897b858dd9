// Applies the colour scheme before the first paint; a file of its own because the policy allows no inline script.
(() => {
  const { dataset } = document.documentElement;
  // Said outright instead of left to `color-scheme: light dark`: when the system changes under an open page, Chromium
  // leaves the inherited colour of visited links as it was.
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const follow = () => {
    dataset.system = dark.matches ? 'dark' : 'light';
  };
  follow();
  dark.addEventListener('change', follow);
  try {
    const chosen = localStorage.getItem('steading.theme');
    if (chosen === 'light' || chosen === 'dark') dataset.theme = chosen;
  } catch {
    // Storage is switched off: the system's scheme applies.
  }
})();
