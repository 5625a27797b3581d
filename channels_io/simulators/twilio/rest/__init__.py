"""The part of Twilio's REST API that Parley and its wizards use."""
