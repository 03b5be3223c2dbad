/**
 * `OpenEye_SDK` over WebRTC: method and event names of the OpenEye softphone, without a program on the agent's computer.
 *
 * The callbacks of the desktop program's three connections come one after the other, in the documented order.
 */

import { Softphone } from "@opencec/softphone";
import { CallSide } from "./call_side";
import { VideoWindow } from "./video_window";

export interface SdkOptions {
  onOpeneyeDeamonReady?: () => void;
  onOpeneyeDeamonClose?: () => void;
  serviceStartUp?: () => void;
  serviceShutDown?: () => void;
  onOpeneyeLoginReady?: () => void;
  onOpeneyeLoginClose?: () => void;
  onOpeneyeCallReady?: () => void;
  onOpeneyeCallClose?: () => void;
  onVersionInfoNotify?: (version: string) => void;
  /** Our addition: where SIP over WebSocket is served; unset: beside the script. */
  wsUrl?: string;
}

export const VERSION = "OpenCEC 1";

/** `<context path>plugins/OpenEye_SDK.js` is served beside `<context path>sip`. */
export function socketBeside(script: string): string {
  const url = new URL("../sip", script);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** Makes the class whose calls go to the server that served `script`. */
export function sdkFor(script: string, makePhone: () => Softphone = () => new Softphone()) {
  return class OpenEye_SDK {
    readonly openEyeLogin: { doServiceStartUp: () => void };
    readonly openEyeCall: CallSide;
    readonly #phone: Softphone;
    readonly #options: SdkOptions;
    #isUp = false;

    constructor(options: SdkOptions = {}) {
      this.#options = options;
      this.#phone = makePhone();
      this.openEyeCall = new CallSide(this.#phone, options.wsUrl ?? socketBeside(script), new VideoWindow());
      this.openEyeLogin = { doServiceStartUp: () => this.#startUp() };
      setTimeout(() => {
        options.onOpeneyeDeamonReady?.();
        this.#startUp();
      }, 0);
    }

    getVersion(): { jsVersion: string; name: string } {
      return { jsVersion: VERSION, name: "OpenEye_SDK" };
    }

    /** Lets the registration and the call go. */
    unInit(): void {
      this.#phone.stop({ unregister: true });
      if (!this.#isUp) return;
      this.#isUp = false;
      const { onOpeneyeCallClose, onOpeneyeLoginClose, serviceShutDown, onOpeneyeDeamonClose } =
        this.#options;
      onOpeneyeCallClose?.();
      onOpeneyeLoginClose?.();
      serviceShutDown?.();
      onOpeneyeDeamonClose?.();
    }

    #startUp(): void {
      if (this.#isUp) return;
      this.#isUp = true;
      const { serviceStartUp, onOpeneyeLoginReady, onOpeneyeCallReady, onVersionInfoNotify } = this.#options;
      serviceStartUp?.();
      onOpeneyeLoginReady?.();
      onOpeneyeCallReady?.();
      onVersionInfoNotify?.(VERSION);
    }
  };
}
