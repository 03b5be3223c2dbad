import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PATIENCE_MS, watchMedia } from "./media_watch";

class FakeConnection extends EventTarget {
  connectionState: RTCPeerConnectionState = "connected";

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watched() {
  const connection = new FakeConnection();
  const onLost = vi.fn();
  return { connection, onLost, stop: watchMedia(connection, onLost) };
}

test("a path that has failed is lost at once, and told once", () => {
  const { connection, onLost } = watched();
  connection.become("failed");
  connection.become("failed");
  expect(onLost).toHaveBeenCalledTimes(1);
});

test("a disturbance that passes is none", () => {
  const { connection, onLost } = watched();
  connection.become("disconnected");
  vi.advanceTimersByTime(PATIENCE_MS - 1);
  connection.become("connected");
  vi.advanceTimersByTime(PATIENCE_MS * 2);
  expect(onLost).not.toHaveBeenCalled();
});

test("a disturbance that lasts is a loss", () => {
  const { connection, onLost } = watched();
  connection.become("disconnected");
  vi.advanceTimersByTime(PATIENCE_MS);
  expect(onLost).toHaveBeenCalledTimes(1);
});

test("the end of a call is no loss", () => {
  const { connection, onLost, stop } = watched();
  connection.become("disconnected");
  connection.become("closed");
  vi.advanceTimersByTime(PATIENCE_MS * 2);
  stop();
  connection.become("failed");
  expect(onLost).not.toHaveBeenCalled();
});
