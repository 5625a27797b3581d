/** What the builder's test bench (agents/builder/src/bench/) borrows from the call page: one address to load. */

import { statusOf } from "../talk/status.js";
import { Talk } from "../talk/talk.js";
import { fetchTicket } from "../talk/tickets.js";

export { Talk, fetchTicket, statusOf };
