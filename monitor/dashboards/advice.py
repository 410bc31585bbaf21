"""What an operator does when a part of the pipeline looks wrong, in both languages, in a few lines of Markdown."""

from typing import Final

ADVICE: Final[dict[str, tuple[str, str]]] = {
    "advice.keeping_up": (
        """**Lag grows:** more is written than read. Start another worker (at most one per partition); look at the time of a checkpoint to see whether the store is slow.

**One partition only:** its worker hangs or is gone. Restart it: another takes over within 10 s.

**Delay grows without lag:** the source stamps its records late, or clocks differ.""",
        """**Etterslepet vokser:** det skrives mer enn det leses. Start en arbeider til (høyst én per partisjon); se på tiden per sjekkpunkt om lageret er tregt.

**Bare én partisjon:** arbeideren henger eller er borte. Start den på nytt: en annen tar over innen 10 s.

**Forsinkelse uten etterslep:** kilden stempler postene sent, eller klokker går ulikt.""",
    ),
    "advice.checkpoints": (
        """**Slow (over 0.5 s):** Redis is busy, its disk is slow, or the network is. Look at its own latency first.

**None while there are events:** the store is away. Workers wait, with bounded memory, and go on by themselves; nothing is lost.

**Far more than two a second and worker:** lower `worker.checkpoint_missions` was set by mistake.""",
        """**Tregt (over 0,5 s):** Redis er opptatt, disken eller nettet er tregt. Se på forsinkelsen der først.

**Ingen selv om det kommer hendelser:** lageret er borte. Arbeiderne venter med begrenset minne og fortsetter av seg selv; ingenting går tapt.

**Langt flere enn to i sekundet per arbeider:** `worker.checkpoint_missions` er satt for lavt.""",
    ),
    "advice.events": (
        """**Dead letters:** `monitor dead-letters list` shows each with its reason. Correct the source or the configuration (a new district?), then `monitor dead-letters requeue`.

**A burst of one reason:** a release of the source; call its people.

**No events at all:** the feed's banner tells when verdicts turn to "no data".""",
        """**Avviste hendelser:** `monitor dead-letters list` viser hver av dem med årsak. Rett kilden eller oppsettet (nytt distrikt?), og kjør så `monitor dead-letters requeue`.

**Mange av én årsak:** ny versjon hos kilden; ring dem.

**Ingen hendelser:** feltet øverst viser når vurderingene blir «ingen data».""",
    ),
    "advice.consistency": (
        """**Refused checkpoints:** a worker was thought dead and was not. One now and then is the fence at work; many: raise `kafka.session_timeout_seconds` or give workers more CPU.

**Rebuilt partitions:** the store was empty. If nobody emptied it, check Redis' persistence.

**Lost offsets:** retention was shorter than an outage. Replay from the source: every mission counts once.

**Sealed early:** raise `ledger.capacity` or add partitions.""",
        """**Nektede sjekkpunkter:** en arbeider ble regnet som død uten å være det. En iblant er gjerdet som virker; mange: øk `kafka.session_timeout_seconds` eller gi mer CPU.

**Gjenoppbygde partisjoner:** lageret var tomt. Har ingen tømt det, se på lagringen i Redis.

**Tapte poster:** oppbevaringstiden var kortere enn bruddet. Spill av fra kilden: hvert oppdrag telles én gang.

**Forseglet tidlig:** øk `ledger.capacity` eller antall partisjoner.""",
    ),
    "advice.resources": (
        """**Memory near its limit:** missions tracked tell why. Lower `ledger.horizon_days` or `ledger.capacity`, or share the partitions among more workers.

**The reading grows old:** the store is down or slow; figures stand still but stay right.

**One process missing:** see its log; every process may be restarted at any time.""",
        """**Minnet nær grensen:** antall oppdrag i bøkene viser hvorfor. Senk `ledger.horizon_days` eller `ledger.capacity`, eller del partisjonene på flere arbeidere.

**Avlesningen eldes:** lageret er nede eller tregt; tallene står stille, men er riktige.

**En prosess mangler:** se loggen; alle prosesser kan startes på nytt når som helst.""",
    ),
}
