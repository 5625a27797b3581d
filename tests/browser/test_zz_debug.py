from __future__ import annotations
from tests.browser.test_live_call import *
from tests.browser.test_live_call import running as run_stack
def test_debug(new_page, tmp_path):
    wav = speak(tmp_path / "caller.wav", 4.0, "q01", 60.0)
    with run_stack(tmp_path / "var", "fake") as running:
        page = new_page(wav=wav, viewport={"width": 1440, "height": 900})
        page.on("console", lambda m: print("CONSOLE", m.text))
        stack = running.stack
        sign_in(page, stack)
        page.goto(f"{stack.web_url}/agents/{running.agent}/call/")
        loudest_from_now(page)
        page.evaluate("""() => { const {talk} = document.querySelector("[data-call]"); window.log=[]; window.peak=0; window.t0=performance.now();
          const at=()=>Math.round(performance.now()-t0);
          window.frames=0;
          talk.addEventListener("levels", ({detail})=>{ peak=Math.max(peak, detail.caller); });
          talk.addEventListener("state", ({detail})=>log.push([at(), detail]));
          const orig = talk.transcript.apply.bind(talk.transcript);
          talk.transcript.apply = (m)=>{ log.push([at(), m.type, m.text??m.turn??""]); orig(m); };
          setInterval(()=>{ log.push([at(), "level", peak.toFixed(2), "sent", talk.connection?.socket?.bufferedAmount, "drop", talk.connection?.droppedFrames]); peak=0; }, 1000);
        }""")
        page.get_by_role("button", name="Start talking").click()
        page.wait_for_timeout(16000)
        for row in page.evaluate("log"): print("LOG", *row)
        import subprocess
        print(subprocess.run(["tail","-n","20",*map(str,(tmp_path/"var"/"log").glob("*"))],capture_output=True,text=True).stdout)
