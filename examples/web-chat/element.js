// The modern way: one module, one element, no global.
await import(`${$ContextPath}/plugins/web-chat.js`);
const { thirdUserToken, thirdUserId = "", thirdUserName = "", tenantSpaceId, channelConfigId } = USER_DATA;
const chat = document.createElement("opencec-chat");
chat.server = new URL($ContextPath).origin;
chat.channel = channelConfigId;
chat.userId = thirdUserId;
chat.userName = thirdUserName;
chat.proof = { tenantSpaceId, ...(thirdUserToken ? { thirdUserToken } : {}) };
document.body.append(chat);
