/** What an inspector does with other agents and their calls (`qualitycontrol`). */

import type { GatewayClient } from "./gateway";

export type InspectionMode = "listen" | "whisper" | "insert";

const SWITCH: Record<InspectionMode, number> = { listen: 0, insert: 1, whisper: 2 };
const number = encodeURIComponent;

export class Inspection {
  readonly #gateway: GatewayClient;

  constructor(gateway: GatewayClient) {
    this.#gateway = gateway;
  }

  /** Begins; the inspector's own phone rings. */
  async begin(workno: string, mode: InspectionMode): Promise<void> {
    if (mode === "whisper") await this.#post(`/requestwhisperagent?whisperagentid=${number(workno)}`);
    else
      await this.#gateway.call(
        "PUT",
        "qualitycontrol",
        `/${mode === "listen" ? "addsupervise" : "addinsert"}/${workno}`,
      );
  }

  async change(workno: string, to: InspectionMode): Promise<void> {
    await this.#post(
      `/requestswitchinsertwhisperagent?whisperagentid=${number(workno)}&switchtype=${SWITCH[to]}`,
    );
  }

  /** Leaves, whatever the mode: the operation that stops a whisper would go on listening. */
  async end(workno: string): Promise<void> {
    await this.#gateway.call("DELETE", "qualitycontrol", `/${number(workno)}`);
  }

  /** Takes the customer from the agent; possible while listening, whispering or inserting. */
  async intercept(workno: string): Promise<void> {
    await this.#gateway.call("PUT", "qualitycontrol", `/intercept/${number(workno)}`);
  }

  async force(workno: string, what: "busy" | "idle" | "logout"): Promise<void> {
    await this.#post(`/force${what}/${number(workno)}`);
  }

  async dropCall(callid: string): Promise<void> {
    await this.#post(`/forcedropcall/${number(callid)}`);
  }

  async #post(rest: string): Promise<void> {
    await this.#gateway.call("POST", "qualitycontrol", rest);
  }
}
