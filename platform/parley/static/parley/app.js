// Behaviours bound by data- attributes, on every page of the shell. One module each; they listen on the document,
// so what a page adds later works too.
import { bindAutosubmit } from "./autosubmit.js";
import { bindConfirm } from "./confirm.js";
import { bindCopy } from "./copy.js";
import { bindDialogs } from "./dialogs.js";
import { bindMenus } from "./menus.js";
import { bindTimes } from "./times.js";

bindAutosubmit(document);
bindConfirm(document);
bindCopy(document);
bindDialogs(document);
bindMenus(document);
bindTimes(document);
