"""Drives the real pylogd, and reads datagrams as its msgpack does.

    drive_pylogd.py readme PORT   makes the calls of pylogd's README, a datagram each
    drive_pylogd.py logs PORT     logs through pylogd's handler, then deletes the log
    drive_pylogd.py sampled PORT  makes many calls with a rate below 1
    drive_pylogd.py calls PORT    makes the calls that come as JSON: [[prefix, name, arguments], ...]
    drive_pylogd.py decode        tells the fields of the datagrams that come as lines of hex
    drive_pylogd.py config        tells the settings of files, whose contents come as JSON: [text, ...]
    drive_pylogd.py lines         tells the code lines of the installed README

What was done is told in lines of JSON.
"""

import functools
import importlib.metadata
import json
import logging
import random
import shlex
import sys
import time

import msgpack
from pylogd import delete_log
from pylogd.handlers import PylogdHandler
from pylogd.stats import Logd, Timer

# ---- pylogd, mended where it cannot do what its README says; nothing else is touched ----

# `timed` asks for a name that functools does not have.
functools.wrap = functools.wraps


# The second start of an accumulator assigns to an item of a tuple.
def start_accumulator(self, name, sample_rate=1):
    _, rate, seconds = self.accs.get(name, (0, sample_rate, 0))
    self.accs[name] = (time.time(), rate, seconds)


Timer.start_accumulator = start_accumulator
# The README calls it by this name.
Timer.stop_accumulator = Timer.end_accumulator


# The handler sends `%s` in place of what it stands for.
def make_message(self, record, original=PylogdHandler.makeMessage):
    record.message = record.getMessage()
    return original(self, record)


PylogdHandler.makeMessage = make_message

# ---- the calls ----

HOST = '127.0.0.1'
WORK = 0.005


def work():
    time.sleep(WORK)


def tell(**what):
    print(json.dumps(what))


def keep(rate):
    """Sees to it that pylogd sends the next call of this rate."""
    seed = 0
    while True:
        random.seed(seed)
        if random.random() <= rate:
            random.seed(seed)
            return
        seed += 1


def readme(port):
    stats = Logd(HOST, port)

    def plain(call, send):
        send()
        tell(call=call)

    def measured(call, send, sections, between=0):
        """A call that sends a time: at least that of its sections, at most all but the rest."""
        before = time.time()
        send()
        outside = time.time() - before
        tell(call=call, least=sections * WORK, most=outside - between * WORK)

    plain("stats.increment('my.counter')", lambda: stats.increment('my.counter'))
    plain("stats.change_by('my.counter', 10)", lambda: stats.change_by('my.counter', 10))
    keep(0.05)
    plain("stats.decrement('my.counter', 0.05)", lambda: stats.decrement('my.counter', 0.05))
    plain("stats.set('my.meter', 30)", lambda: stats.set('my.meter', 30))
    keep(0.25)
    plain("stats.set('my.meter', 30, 0.25)", lambda: stats.set('my.meter', 30, 0.25))
    plain("stats.time('my.timer', 11.43)", lambda: stats.time('my.timer', 11.43))

    def start_and_stop():
        stats.timer.start('my.timer')
        work()
        stats.timer.stop('my.timer')

    measured("stats.timer.stop('my.timer')", start_and_stop, sections=1)

    @stats.timed('my.long_operation', 0.1)
    def long_operation():
        work()

    keep(0.1)
    measured("@stats.timed('my.long_operation', 0.1)", long_operation, sections=1)

    def accumulate():
        stats.timer.start_accumulator('timers.mysql')
        work()
        stats.timer.stop_accumulator('timers.mysql')
        work()
        stats.timer.start_accumulator('timers.mysql')
        work()
        stats.timer.stop_accumulator('timers.mysql')
        stats.timer.flush_accumulator('timers.mysql')

    measured("stats.timer.flush_accumulator('timers.mysql')", accumulate, sections=2, between=1)
    # As the README means it: a plain argument after a named one is no Python.
    plain("delete_log('mylogpath.log', host='127.0.0.1', 8126)",
          lambda: delete_log('mylogpath.log', host=HOST, port=port))


def logs(port):
    # The README says `setHandler`, which no logger has.
    logger = logging.getLogger('base')
    logger.setLevel(logging.DEBUG)
    logger.addHandler(PylogdHandler('mylogpath.log', HOST, port))

    def expect(before, level, msg, tb=False):
        tell(level=level, msg=msg, tb=tb, before=before, after=time.time())

    before = time.time()
    logger.error('an error')
    expect(before, 'ERROR', 'an error')
    logger.warning('%s of %d', 'part', 3)
    expect(before, 'WARNING', 'part of 3')
    logger.info('caf\u00e9 \u4e2d\n2')
    expect(before, 'INFO', 'caf\u00e9 \u4e2d\n2')
    for length in 40, 300:
        logger.debug('m' * length)
        expect(before, 'DEBUG', 'm' * length)
    try:
        raise ValueError('no such thing')
    except ValueError:
        logger.exception('it %s', 'failed')
    expect(before, 'ERROR', 'it failed', tb=True)
    delete_log('mylogpath.log', host=HOST, port=port)


def sampled(port):
    stats = Logd(HOST, port)

    @stats.timed('my.long_operation', 0.1)
    def long_operation():
        pass

    for key, calls, rate, call in [
        ('my.counter', 2000, 0.05, lambda: stats.decrement('my.counter', 0.05)),
        ('my.meter', 100, 0.25, lambda: stats.set('my.meter', 30, 0.25)),
        ('my.long_operation', 500, 0.1, long_operation),
    ]:
        random.seed(key)
        kept = sum(random.random() <= rate for _ in range(calls))
        random.seed(key)
        for _ in range(calls):
            call()
        tell(key=key, kept=kept)


def calls(port):
    for prefix, name, arguments in json.load(sys.stdin):
        stats = Logd(HOST, port, prefix)
        # A rate is what comes after the name, and the value where there is one.
        rates = arguments[1 if name in ('increment', 'decrement') else 2:]
        for rate in rates:
            keep(rate)
        getattr(stats, name)(*arguments)


def decode():
    for line in sys.stdin.read().split():
        # Raises unless there is exactly one object.
        tell(**msgpack.unpackb(bytes.fromhex(line)))


def config():
    """The files of autoconf, which is in pylogd's repository (0.3), but in no release: it takes
    what Python's shlex finds in threes, a name, anything, and a value."""
    for text in json.load(sys.stdin):
        settings = {}
        try:
            words = shlex.shlex(text)
            for name in words:
                # Raises at the end of the file: of three there must be all.
                _, value = next(words), next(words)
                if name not in ('host', 'port', 'logfile', 'prefix'):
                    raise ValueError(f'{name} is no setting')
                settings[name] = int(value) if name == 'port' else value
        except (ValueError, StopIteration) as error:
            tell(error=str(error))
        else:
            tell(settings=settings)


def lines():
    metadata = importlib.metadata.metadata('pylogd')
    description = metadata.get_payload() or metadata['Description']
    for line in description.splitlines():
        code = line.strip()
        if line.startswith('    ') and code and not code.startswith('#'):
            print(json.dumps(code))


if __name__ == '__main__':
    command, *port = sys.argv[1:]
    commands = {run.__name__: run for run in (readme, logs, sampled, calls, decode, config, lines)}
    commands[command](*map(int, port))
