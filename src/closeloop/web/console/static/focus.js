// After a click has changed a row, the keyboard goes on from what came of it.
document.addEventListener("htmx:after:swap", () => {
  const said = document.querySelector("[data-focus]");
  if (said) {
    said.removeAttribute("data-focus");
    said.focus({ preventScroll: true });
  }
});
