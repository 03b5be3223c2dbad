// The documented way: the script comes by POST and runs in this page; then messages to and from its frame.
(() => {
  const EVENTS = [
    "AgentState_Ready",
    "AgentState_Busy",
    "AgentState_Work",
    "AgentEvent_Talking",
    "AgentEvent_Call_Release",
    "AgentEvent_Customer_Release",
    "AgentOther_PhoneAlerting",
  ];
  const told = document.getElementById("told");
  const show = (text) => {
    told.textContent = `${text}\n${told.textContent}`.slice(0, 4000);
  };

  async function load() {
    const answer = await fetch(`${$aicc_ContextPath}ccdesktop/pages/cc-bar/js/ccbarclient.js`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(PROOF),
    });
    if (!answer.ok) {
      show(`No bar: ${await answer.text()}`);
      return;
    }
    const script = document.createElement("script");
    script.type = "text/javascript";
    script.text = await answer.text();
    document.head.appendChild(script);
    const frame = document.querySelector('iframe[name="ccbarclient"]');
    frame.addEventListener("load", () => {
      frame.contentWindow.postMessage(JSON.stringify({ name: "eventpost", param: EVENTS }), $aicc_ContextPath);
    });
  }

  window.addEventListener("message", ({ data, origin }) => {
    if (origin !== new URL($aicc_ContextPath).origin || !data) return;
    show(data.event ? `${data.event.eventType} ${JSON.stringify(data.event.content)}` : `${data.name}: ${data.message}`);
  });

  document.getElementById("call").addEventListener("submit", (event) => {
    event.preventDefault();
    const number = document.getElementById("number").value;
    window.frames["ccbarclient"].postMessage({ name: "callout", param: [number, "audio"] }, $aicc_ContextPath);
  });

  load();
})();
