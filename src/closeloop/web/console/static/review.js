// Answers by keyboard: a key clicks the button that shows it. Nothing happens while somebody types, while an answer is
// on its way, with a modifier, or when the keys are switched off.
(() => {
  const OFF = "closeloop.review.keys.off";
  const review = () => document.getElementById("review");
  const box = () => document.querySelector("[data-keys]");

  const types = (element) => element instanceof Element
    && element.matches("textarea, select, input:not([type=checkbox]), [contenteditable]");

  const begin = () => {
    const keys = box();
    if (!keys) return;
    keys.checked = localStorage.getItem(OFF) === null;
    keys.closest("[hidden]")?.removeAttribute("hidden");
    review().classList.toggle("nokeys", !keys.checked);
  };

  document.addEventListener("change", ({ target }) => {
    if (!target.matches("[data-keys]")) return;
    if (target.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
    begin();
  });

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.defaultPrevented || event.isComposing || event.repeat || key.length !== 1) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (types(target) || !box()?.checked || "busy" in review().dataset) return;
    const button = review().querySelector(`button[data-key="${CSS.escape(key.toLowerCase())}"]`);
    // Before htmx has the form, a click would leave the page.
    if (!button || !("htmxPowered" in button.form.dataset)) return;
    event.preventDefault();
    button.click();
  });

  // One answer a pair: the next pair comes with a fresh mark.
  document.addEventListener("submit", () => { review().dataset.busy = ""; }, true);
  document.addEventListener("htmx:finally:request", () => { delete review().dataset.busy; });
  for (const trouble of ["htmx:error", "htmx:response:error"]) {
    document.addEventListener(trouble, () => { review().querySelector("[data-trouble]").hidden = false; });
  }
  document.addEventListener("htmx:after:swap", () => {
    begin();
    window.scrollTo({ top: 0 });
  });

  begin();
})();
