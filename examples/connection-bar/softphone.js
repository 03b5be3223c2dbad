// The OpenEye names over WebRTC: no program on the agent's computer.
(() => {
  const load = () =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${$aicc_ContextPath}plugins/OpenEye_SDK.js`;
      script.onload = resolve;
      script.onerror = reject;
      document.head.appendChild(script);
    });

  addEventListener("DOMContentLoaded", async () => {
    await load();
    const byId = (id) => document.getElementById(id);
    const show = (told) => {
      byId("told").textContent = `${JSON.stringify(told)}\n${byId("told").textContent}`.slice(0, 6000);
    };
    let callId = 0;
    const phone = new OpenEye_SDK({
      onOpeneyeCallReady: () => {
        const remember = (told) => {
          callId = told.param.callId;
          show(told);
        };
        phone.openEyeCall.setBasicCallEvent({
          onCallIncoming: remember,
          onCallOutGoing: remember,
          onCallRingBack: show,
          onCallConnected: show,
          onCallEnded: show,
          onCallEndedFailed: show,
          onCallMediaChanged: show,
          onCallQuality: show,
          onMissedCall: show,
        });
      },
    });
    const { openEyeCall } = phone;
    byId("register").addEventListener("submit", (event) => {
      event.preventDefault();
      const user = byId("user").value;
      const host = new URL($aicc_ContextPath).hostname;
      openEyeCall.register(`${user}@${host}`, user, byId("password").value, 1, { response: show, onRegStatusUpdate: show });
    });
    byId("test").addEventListener("click", () => openEyeCall.startCall("1004", false, { response: show }));
    byId("accept").addEventListener("click", () => openEyeCall.acceptCall(callId, 0, { response: show }));
    byId("accept-video").addEventListener("click", () => openEyeCall.acceptCall(callId, 1, { response: show }));
    byId("camera").addEventListener("click", () => openEyeCall.mediaMuteVideo(callId, true, { response: show }));
    byId("camera-on").addEventListener("click", () => openEyeCall.openCamera({ response: show }));
    byId("mute").addEventListener("click", () => openEyeCall.operateMic(callId, true, { response: show }));
    byId("key").addEventListener("click", () => openEyeCall.DTMF(callId, "5", { response: show }));
    byId("end").addEventListener("click", () => openEyeCall.endCall(callId, { response: show }));
  });
})();
