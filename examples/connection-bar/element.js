// The modern way: a custom element, methods that return promises, events with a type each.
const bar = document.querySelector("opencec-connection-bar");
bar.setAttribute("context-path", $aicc_ContextPath);
await import(`${$aicc_ContextPath}plugins/connection-bar.js`);

const show = (id, detail) => {
  document.getElementById(id).textContent = JSON.stringify(detail, null, 2);
};
bar.on("ringing", (pop) => show("pop", pop));
bar.on("state", (state) => show("state", state));
bar.on("failed", (failure) => show("state", failure));
document.getElementById("call").addEventListener("click", () => {
  bar.callOut("1004").catch((error) => show("state", { code: error.code, message: error.message }));
});
await bar.start(PROOF).catch((error) => show("state", { code: error.code, message: error.message }));
