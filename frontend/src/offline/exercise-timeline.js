// The clock of an exercise: minutes of its scenario from what was done, and where each inject stands. The twin of
// `exercises/timeline.py`. Nothing ticks: a hidden, throttled or closed page loses nothing and drifts by nothing.
// In: a runbook, events ({ at: ISO, act, data }), oldest first. Moments are milliseconds since 1970.

const MINUTE = 60_000;
export const NEXT_STATE = { start: "running", resume: "running", pause: "paused", end: "ended" };

const two = (number) => String(number).padStart(2, "0");
export const clockWords = (minutes) => `${two(Math.floor(minutes / 60))}:${two(Math.floor(minutes) % 60)}`;

export function timelineOf(scenario, written) {
  const events = written.map((event) => ({ ...event, time: Date.parse(event.at) }));
  const segments = segmentsOf(events);
  const end = events.find((event) => event.act === "end")?.time ?? Infinity;

  function minuteAt(now) {
    let minute = 0;
    segments.forEach((segment, rank) => {
      if (segment.begin > now) return;
      const until = Math.min(segments[rank + 1]?.begin ?? now, now);
      minute = segment.minute + ((until - segment.begin) / MINUTE) * segment.speed;
    });
    return minute;
  }

  // null while the scenario does not run as far as this minute.
  function momentOf(minute) {
    for (const [rank, segment] of segments.entries()) {
      if (!segment.speed || minute < segment.minute) continue;
      const moment = segment.begin + ((minute - segment.minute) / segment.speed) * MINUTE;
      if (moment <= (segments[rank + 1]?.begin ?? Infinity)) return moment;
    }
    return null;
  }

  function placed(inject, now) {
    let minute = inject.minute;
    for (const event of events) {
      if (event.data.inject !== inject.key) continue;
      const here = minuteAt(event.time);
      if (event.act === "send") return { inject, minute: here, state: "delivered", at: event.time };
      if (event.act === "skip") return { inject, minute, state: "skipped", at: null };
      if (event.act === "postpone") minute = Math.max(minute, here) + event.data.minutes;
    }
    const at = momentOf(minute);
    const received = at !== null && at <= now && at <= end;
    return { inject, minute, state: received ? "delivered" : "coming", at: received ? at : null };
  }

  function injects(now) {
    const improvised = events
      .filter((event) => event.act === "improvise")
      .map((event, rank) => {
        const minute = minuteAt(event.time);
        const inject = { ...event.data, key: `improvised_${rank + 1}`, minute };
        return { inject, minute, state: "delivered", at: event.time, improvised: true };
      });
    return [...scenario.injects.map((inject) => placed(inject, now)), ...improvised].sort(
      (one, other) => one.minute - other.minute || Boolean(one.improvised) - Boolean(other.improvised),
    );
  }

  return {
    events: events.map((event) => ({ ...event, minute: minuteAt(event.time) })),
    state: NEXT_STATE[events.findLast((event) => event.act in NEXT_STATE)?.act] ?? "ready",
    speed: events.findLast((event) => event.act === "speed")?.data.speed ?? 1,
    minuteAt,
    momentOf,
    injects,
    // What players have received, the last first; of one role, with what is for everybody.
    delivered: (now, role = "") =>
      injects(now)
        .filter((row) => row.state === "delivered" && (!role || ["", role].includes(row.inject.role)))
        .sort((one, other) => other.at - one.at || other.minute - one.minute),
  };
}

function segmentsOf(events) {
  const found = [];
  let [speed, running] = [1, false];
  for (const event of events) {
    if (event.act === "speed") speed = event.data.speed;
    else if (event.act in NEXT_STATE) running = NEXT_STATE[event.act] === "running";
    else continue;
    const last = found.at(-1);
    if (!last && !running) continue;
    const minute = last ? last.minute + ((event.time - last.begin) / MINUTE) * last.speed : 0;
    found.push({ begin: event.time, minute, speed: running ? speed : 0 });
  }
  return found;
}
