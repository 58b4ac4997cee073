"""Full-text search and meaning over 100,000 segments, and what hearing and reading cost."""

from statistics import median
from time import perf_counter, process_time

import numpy as np
import pytest
from results import table, write_section

from moodreel import Clip, Sound, create
from moodreel.search.full_text import open_full_text
from moodreel.search.surprise import TrackVectors, word_surprise

SEGMENTS, DIM, ROUNDS = 100_000, 384, 20
WORDS = 20_000
QUERIES = ("w3 w700", "w1500 w90", "w15000", "w2 w5 w40")


@pytest.fixture(scope="module")
def texts():
    """Twelve words a segment, as often as in English: Zipf's law."""
    draw = np.random.default_rng(0)
    chances = 1 / np.arange(1, WORDS + 1)
    drawn = draw.choice(WORDS, (SEGMENTS, 12), p=chances / chances.sum())
    return [(row + 1, " ".join(f"w{word}" for word in words)) for row, words in enumerate(drawn)]


def milliseconds(call, *arguments, clock=perf_counter):
    start = clock()
    call(*arguments)
    return (clock() - start) * 1000


def test_words_and_meaning_of_a_large_index_are_found_in_a_blink(texts, tmp_path):
    start = process_time()
    words = open_full_text(tmp_path, "key", 1, {"speech": iter(texts)})
    made = process_time() - start
    by_words = [
        milliseconds(word_surprise, words, "speech", query, SEGMENTS, clock=process_time)
        for query in QUERIES
        for _ in range(ROUNDS)
    ]
    draw = np.random.default_rng(0)
    pooled = draw.normal(size=(SEGMENTS, DIM)).astype(np.float32)
    pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
    track = TrackVectors.fit(np.arange(SEGMENTS), pooled, pooled[:16])
    by_meaning = [
        milliseconds(track.surprise, pooled[row], clock=process_time) for row in range(ROUNDS)
    ]
    rows = [
        ["making the tables, once a change of the index", f"{made * 1000:.0f}"],
        ["by words, 1 to 3 words", f"{median(by_words):.1f}"],
        ["by meaning, a track with words everywhere", f"{median(by_meaning):.1f}"],
    ]
    write_section("Search in tracks of text", table(["100,000 segments", "ms of one core"], rows))
    assert median(by_words) < 100
    assert median(by_meaning) < 200


def test_hearing_and_reading_cost_little():
    hear, read = create("transcriber", "moonshine"), create("text_spotter", "rapidocr")
    noise = np.random.default_rng(0).normal(0, 0.1, 60 * 16_000).clip(-1, 1).astype(np.float32)
    blank = Clip(np.full((8, 480, 854, 3), 90, np.uint8), np.arange(8.0))
    heard = median(milliseconds(hear.transcribe, [Sound(noise, 16_000)]) for _ in range(3))
    seen = median(milliseconds(read.spot, [blank]) for _ in range(5))
    assert heard < 6_000  # a tenth of the sound
    assert seen < 500
