"""After a conversation: what it came to, what it cost, who has to do something now.

close_leg → due.py (when) → actions/analyse_conversation.py (under a lease)
  → material.py (the transcript, what the flow knows) → outcome, fields, summary, unanswered, promises:
    rules first, then one small bound question to the model (`asking.py`), then `grounds.py` says whether it may stand
  → cost.py (cost lines) → the rows, the event "conversation.analysed"
"""
