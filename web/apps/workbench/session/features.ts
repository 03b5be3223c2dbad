/** What this server's gateway can do; buttons of what it cannot are not there at all. */

import type { TransferKind } from "@opencec/api-client";

export const FEATURES: {
  consult: boolean;
  inspection: boolean;
  transfers: readonly TransferKind[];
} = {
  consult: true,
  inspection: true,
  transfers: ["release", "success", "suspend", "talk", "threeParty"],
};
