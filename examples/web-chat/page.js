// The documented way: post the user data object, run the script that comes back.
(async () => {
  const url = `${$ContextPath}/webclient/chat_client/js/newThirdPartyClient.js?&t=${Date.now()}`;
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(USER_DATA),
  });
  if (!answer.ok) throw new Error(`the chat was refused: ${await answer.text()}`);
  const script = document.createElement("script");
  script.textContent = await answer.text();
  document.head.append(script);
})();
