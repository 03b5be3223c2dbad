// Runs before the application: colours and language without a flash, and words when the application cannot load.
(() => {
  const root = document.documentElement;
  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const scheme = read("mantine-color-scheme-value");
  const dark =
    scheme === "dark" || (scheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
  const chinese = (read("opencec.language") ?? navigator.language).toLowerCase().startsWith("zh");
  root.lang = chinese ? "zh-CN" : "en";
  const say = () => {
    const note = document.getElementById("boot-note");
    if (!note) return;
    note.textContent = chinese
      ? "页面未能加载。请重新加载；如果问题依旧，请使用较新的 Chrome、Edge、Firefox 或 Safari。"
      : "This page could not be loaded. Load it again; if that does not help, use a recent Chrome, Edge, Firefox or Safari.";
  };
  // A script that fails to load fires on the element and does not bubble, hence the capture.
  addEventListener("error", say, true);
  addEventListener("unhandledrejection", say);
})();
