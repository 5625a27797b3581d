/** The words for a conversation's state: one place, so that page and widget never say different things. */

/** {title, help, tone: ""|"busy"|"good"|"bad"} of a Talk, from `strings` (states, problems, ends). */
export function statusOf(talk, strings) {
  const { state } = talk;
  if (state === "problem") {
    const problem = strings.problems[talk.problem] ?? strings.problems.lost;
    return { title: problem.title, help: talk.problemMessage || problem.help, tone: "bad" };
  }
  if (state === "ended") return { title: strings.states.ended, help: strings.ends[talk.endReason] ?? "", tone: "" };
  const silent = talk.mode === "chat" && state === "listening";
  const title = silent ? strings.states.reading : strings.states[state];
  const help = talk.muted && talk.microphone && talk.active ? strings.muted : "";
  return { title, help, tone: ["listening", "speaking", "thinking"].includes(state) ? "good" : "busy" };
}
