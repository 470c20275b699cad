import { telephonyConformance } from "../conformance/telephony.ts";
import { asteriskRig } from "../telephony/asterisk-rig.ts";
import { startExchange } from "../telephony/exchange.ts";

telephonyConformance("a real Asterisk", async () => asteriskRig(await startExchange()));
