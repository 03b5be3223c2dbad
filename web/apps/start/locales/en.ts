export const en = {
  "start.title": "OpenCEC",
  "start.heading": "Your contact centre is running",
  "start.lead": "Open the call page in one tab and the workbench in another, and talk to yourself.",
  "start.call.title": "Call as a customer",
  "start.call.text":
    "One green button: hear the welcome flow, press a key, wait in a queue, talk to an agent.",
  "start.call.open": "Open the call page",
  "start.workbench.title": "Answer as an agent",
  "start.workbench.text":
    "Sign in with an agent number and password, set yourself idle, answer in the browser.",
  "start.workbench.open": "Open the workbench",
  "start.workbench.demo": "The start panel in the terminal shows the demo accounts.",
  "start.chat.title": "Write as a customer",
  "start.chat.text": "A shop page with our chat: an agent at the workbench answers.",
  "start.chat.open": "Open the shop page",
  "start.phones.title": "Phones on your network",
  "start.phones.text": "Register a SIP phone with an agent's SIP account, then call one of the numbers.",
  "start.phones.sip": "SIP server (UDP, TCP)",
  "start.phones.ws": "SIP over WebSocket",
  "start.phones.https": "For other machines",
  "start.docs.title": "Interfaces",
  "start.docs.text":
    "The agent gateway answers under /agentgateway/resource, our own interface under /api/v1.",
  "start.docs.open": "Open the interface documentation",
  "start.numbers": "Numbers to call",
  "start.numbers.number": "Number",
  "start.numbers.what": "What answers",
  "start.numbers.call": "Call {{code}}",
  "start.numbers.empty": "No access code is set up yet.",
  "start.now": "Right now",
  "start.agents": "Agents signed in",
  "start.calls": "Calls going on",
  "start.version": "Version",
  "start.loading": "Asking the server…",
} as const;

export type StartKey = keyof typeof en;
