"""What the record comes to: `counting` (rows → figures of hours and days), `rolling` (keeps them true), `histogram` (pure).

Names in `Figures.counts`, all sums, tests of the builder left out:

- of conversations that began then, by their first leg: conversations, judged, contained, seconds (voice), cost:<component>,
  paid:<component>:<service> (part of it), outcome:<name>
- of legs that began then: legs, failed, end:<reason>
- of turns taken then: heard (the caller's), answered (the agent's answers), spoken (of these with a V2V time), late (over
  the budget of the day), fillers, interrupted (answers that the caller cut), cut_off (spoken ones of these that began before the
  caller had finished), prompt, cached (tokens), span:<name> and spans:<name> (ms of a wait, and in how many spoken answers it was)
- of events: error:<code>
- of hand-offs asked for then: handoffs, handoffs:<state>, handoff_seconds (until taken)

`Figures.waits` is the histogram of V2V.
"""
