from __future__ import annotations
from tests.browser.test_call_page import open_call, start
from tests.browser.test_widget import site, channel, tag
from tests.browser.scripted import tone, wait_for
import pytest
O="/tmp/front/shots/"
SP=[{"name": "end of turn", "ms": 152.0}, {"name": "recognition", "ms": 75.0}, {"name": "first token", "ms": 121.0}, {"name": "first clause", "ms": 62.0},{"name": "voice", "ms": 14.0},{"name": "wire", "ms": 9.0}]
def talk(page, socket, n):
    socket.reply(0, "Smile Dental, this call is recorded. How can I help you?", tone(.1))
    socket.tell({"type":"heard","turn":1,"text":"What time do you open on Saturday?","source":"voice","id":""})
    socket.reply(1, "On Saturday we open at nine in the morning and close at one in the afternoon.", tone(.2))
    for v in (433, 610, 480, 1250):
        socket.tell({"type":"timing","turn":1,"v2v_ms":v,"prompt_tokens":412,"cached_tokens":398,"reply_tokens":19,"spans":SP})
    socket.tell({"type":"timing","turn":1,"v2v_ms":433.0,"prompt_tokens":412,"cached_tokens":398,"reply_tokens":19,"spans":SP})
    page.wait_for_timeout(600)
    socket.tell({"type":"heard","turn":2,"text":"And how much is a cleaning?","source":"voice","id":""})
    socket.reply(2, "A cleaning is eighty dollars. It takes about forty minutes, and you can pay by card or in cash.", tone(3))
    page.wait_for_timeout(1500)
    socket.tell({"type":"clear","turn":2})
    socket.tell({"type":"partial","text":"Sorry, can I come this"})
    page.wait_for_timeout(400)
def dark(page):
    page.evaluate("document.documentElement.classList.add('dark')")
@pytest.mark.parametrize("name,opts", [("desk", {"viewport":{"width":1440,"height":900}}), ("phone", {"viewport":{"width":390,"height":844},"device_scale_factor":2,"is_mobile":True})])
def test_shots(open_call, server, name, opts):
    page = open_call(**opts)
    page.screenshot(path=O+f"{name}-idle.png", full_page=True)
    socket = start(page, server)
    talk(page, socket, name)
    socket.reply(4, "Yes, ten o'clock is free. May I have your name?", tone(4))
    page.wait_for_timeout(900)
    page.screenshot(path=O+f"{name}-talk.png", full_page=True)
    dark(page); page.wait_for_timeout(300)
    page.get_by_role("button", name="Microphone and volume").click()
    page.screenshot(path=O+f"{name}-talk-dark.png", full_page=True)
    socket.tell({"type":"failed","code":"engine_failed","message":"The answer could not be made. Ask again.","fatal":False})
    page.get_by_role("button", name="Hang up").click()
    page.wait_for_timeout(800)
    page.screenshot(path=O+f"{name}-ended-dark.png", full_page=True)
def test_problem(open_call):
    page = open_call(microphone=False, viewport={"width":390,"height":844},device_scale_factor=2)
    page.get_by_role("button", name="Start talking").click()
    page.wait_for_timeout(800)
    page.screenshot(path=O+"phone-nomic.png", full_page=True)
def test_draft(open_call, agent):
    agent.draft.instructions=""; agent.draft.save()
    page = open_call("?version=draft", viewport={"width":1440,"height":900})
    page.screenshot(path=O+"desk-draft.png", full_page=True)
@pytest.mark.parametrize("name,opts", [("desk", {"viewport":{"width":1100,"height":820}}), ("phone", {"viewport":{"width":390,"height":844},"device_scale_factor":2,"is_mobile":True}), ("dark", {"viewport":{"width":1100,"height":820},"color_scheme":"dark"})])
def test_widget_shots(new_page, server, channel, site, alice, sign_in, name, opts):
    from django.urls import reverse
    channel.settings={**channel.settings,"colour":"#4f46e5"}; channel.save()
    page = new_page(**opts); sign_in(page, alice)
    page.goto(server.url + reverse("channels_io:widget-demo", args=[channel.public_id]))
    page.get_by_role("button", name="Open the conversation").wait_for()
    page.screenshot(path=O+f"w-{name}-closed.png")
    page.get_by_role("button", name="Open the conversation").click()
    page.wait_for_timeout(400)
    page.screenshot(path=O+f"w-{name}-open.png")
    page.get_by_role("button", name="Speak").click()
    talk(page, server.socket(), name)
    server.socket().reply(4, "Yes, ten o'clock is free.", tone(4))
    page.wait_for_timeout(700)
    page.screenshot(path=O+f"w-{name}-voice.png")
    page.get_by_role("button", name="Hang up").click()
    page.wait_for_timeout(500)
    page.screenshot(path=O+f"w-{name}-ended.png")
