/** Notices that the media of a call has lost its way: the network changed, or its path is gone. */

/** A path that is only disturbed comes back by itself within a few seconds. */
export const PATIENCE_MS = 4_000;

type Connection = Pick<RTCPeerConnection, "connectionState" | "addEventListener" | "removeEventListener">;

/**
 * Watches one connection: calls `onLost` once, when it has failed or has been disturbed for `PATIENCE_MS`.
 *
 * @returns ends the watch
 */
export function watchMedia(connection: Connection, onLost: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
    connection.removeEventListener("connectionstatechange", look);
  };
  const lose = () => {
    stop();
    onLost();
  };
  const look = () => {
    const { connectionState } = connection;
    if (connectionState === "failed") lose();
    else if (connectionState === "disconnected") timer ??= setTimeout(lose, PATIENCE_MS);
    else {
      clearTimeout(timer);
      timer = undefined;
      if (connectionState === "closed") stop();
    }
  };
  connection.addEventListener("connectionstatechange", look);
  return stop;
}
