// Synapses that also release by themselves, each at its own times (synapses/quantal).
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "conductance_synapses.h"
#include "noise.h"

#define SLEEPRUN_QUANTAL(CONSTANT)                                                      \
  SLEEPRUN_SYNAPSE(CONSTANT) CONSTANT(use) CONSTANT(recovery) CONSTANT(pause)           \
  CONSTANT(mini_rate) CONSTANT(mini_ramp) CONSTANT(mini_silence)
SLEEPRUN_CONSTANTS(QuantalConstants, SLEEPRUN_QUANTAL)

struct QuantalArrays {
  ReceptorArrays receptors;
  float *conductance, *mini, *wait, *left;  // of each [pre, post]
  float *depleted, *quiet;                  // of each pre cell
};

// Counters of what is drawn at a miniature, but for the pre and the post cell.
struct Moment {
  Stream stream;
  std::int32_t cycle, first_step, cycle_steps;
};

// When who is to be looked at again, in a list for each step; `Entry` keeps who is next there. Little
// of it is in a cache when its time comes, so it is asked for ahead.
template <class Entry>
class Calendar {
 public:
  Calendar() : first_(kSteps, kNobody) {}

  // At a step after `now`; one too far away is looked at earlier.
  void enter(int who, int step, int now) {
    const int day = std::clamp(step, now + 1, now + kSteps - 1) % kSteps;
    __builtin_prefetch(&first_[day]);
    entering_.emplace_back(who, day);
  }
  void take(int step, std::vector<Entry>& all, std::vector<int>& found) {
    for (const auto& [who, day] : entering_) all[who].next = std::exchange(first_[day], who);
    entering_.clear();
    if (const int soon = first_[(step + kAhead) % kSteps]; soon != kNobody)
      __builtin_prefetch(&all[soon]);
    for (int who = std::exchange(first_[step % kSteps], kNobody); who != kNobody;
         who = all[who].next)
      found.push_back(who);
  }

 private:
  static constexpr int kSteps = 1 << 13, kAhead = 8, kNobody = -1;
  std::vector<int> first_;
  std::vector<std::pair<int, int>> entering_;
};

class QuantalSynapses final : public Synapses {
 public:
  QuantalSynapses(Wires its, const float* weights, const QuantalConstants& constants,
                  const Receptors& receptors, const Moment& moment, const QuantalArrays& arrays)
      : Synapses(std::move(its), weights, constants.gain, constants.reversal), its_(constants),
        arrays_(arrays), receptors_(receptors), moment_(moment), pulses_(receptors.steps),
        g_(wires.post, receptors.kept), synapses_(wires.count()),
        spiked_(wires.pre), depleted_at_(wires.pre),
        recovered_(exponential_decay(constants.step_ms / constants.recovery)),
        gone_on_(1 / exponential_decay(constants.pause / constants.recovery)),
        silence_(beyond(constants.mini_silence)) {
    for (int pre = 0; pre < wires.pre; ++pre) {
      spiked_[pre] = -1 - in_steps(arrays_.quiet[pre], receptors_.dt);
      for (int k = wires.first[pre]; k < wires.first[pre + 1]; ++k) enter(pre, k);
    }
  }

  void step(int t, const std::vector<int>& fired, bool) override {
    g_.decay();
    for (const int pre : fired) spike(t, pre);
    seen_.clear();
    calendar_.take(t, synapses_, seen_);
    std::sort(seen_.begin(), seen_.end());  // not in the order in which they were entered
    for (const int k : seen_) {
      Synapse& its = synapses_[k];
      if (its.due <= t) miniature(t, k, its);
      calendar_.enter(k, its.due, t);
    }
    const float up_to_scale = g_.up_to_scale();
    pulses_.bind(
        t, receptors_,
        [&](const Pulse& pulse, float bound) { g_.g[pulse.target] += pulse.g * bound * up_to_scale; },
        [&](const Pulse& pulse) { end(pulse, t + 1); });
  }
  Felt felt() const override { return {g_.g.data(), &g_.scale(), gain_, reversal_}; }
  void settle(int t) override {
    g_.clear();
    pulses_.settle([&](const Pulse& pulse) { end(pulse, t); });
    for (Synapse& its : synapses_) {
      its.release.settle(receptors_, t);
      g_.g[its.post] += its.conductance * its.release.open;
    }
    for (int pre = 0; pre < wires.pre; ++pre) {
      arrays_.depleted[pre] *= recovered_(t - depleted_at_[pre]);
      depleted_at_[pre] = t;
    }
  }
  void leave(int steps) override {
    settle(steps);
    const float dt = receptors_.dt;
    for (int k = 0; k < wires.count(); ++k) {
      const Synapse& its = synapses_[k];
      const int place = wires.place[k];
      its.release.leave(receptors_, arrays_.receptors, place, steps);
      arrays_.conductance[place] = its.conductance;
      arrays_.wait[place] = its.wait;
      arrays_.left[place] = (static_cast<float>(its.due - steps) + 0.5f) * dt;
    }
    for (int pre = 0; pre < wires.pre; ++pre)
      arrays_.quiet[pre] = ago(steps - 1 - spiked_[pre], dt);
  }

 private:
  struct Synapse {
    Release release;
    float conductance, mini, wait;
    int pre, post, next;
    int due;  // the step of the next miniature, if nothing comes before
  };
  static constexpr float kNever = Release::kNever, kLeastDraw = 1e-6f;
  static constexpr std::uint32_t kWaits = 0xC2B2AE35u;

  static float ago(int steps, float dt) {
    return std::min(static_cast<float>(steps) * dt, kNever);
  }
  // Steps after which a time is passed.
  int beyond(float ms) const {
    return std::min(in_steps(ms - (0.5f - kRounding) * receptors_.dt, receptors_.dt), kFar - 1) + 1;
  }
  static constexpr int kFar = 1 << 28;

  void enter(int pre, int k) {
    Synapse& its = synapses_[k];
    const int place = wires.place[k];
    its.pre = pre, its.post = wires.target[k];
    its.conductance = arrays_.conductance[place], its.mini = arrays_.mini[place];
    its.wait = arrays_.wait[place];
    if (its.release.enter(receptors_, arrays_.receptors, place)) start(k);
    its.due = beyond(arrays_.left[place]) - 1;
    g_.add(its.post, its.conductance * its.release.open);
    calendar_.enter(k, its.due, -1);
  }
  void spike(int t, int pre) {
    float& depleted = arrays_.depleted[pre];
    depleted *= recovered_(t + 1 - depleted_at_[pre]);
    for (int k = wires.first[pre]; k < wires.first[pre + 1]; ++k) {
      Synapse& its = synapses_[k];
      if (release(t, k, weights[k] * (1 - depleted))) its.due = t + beyond(its.wait);
      its.due = std::max(its.due, t + silence_);
    }
    depleted = (depleted + its_.use * (1 - depleted)) * gone_on_;
    depleted_at_[pre] = t + 1, spiked_[pre] = t;
  }
  bool release(int t, int k, float conductance) {
    Synapse& its = synapses_[k];
    if (!its.release.starts(receptors_, t)) return false;
    const float open = its.release.open * receptors_.kept;
    g_.add(its.post, (conductance - its.conductance) * open);
    its.conductance = conductance;
    start(k);
    return true;
  }
  void start(int k) {
    const Synapse& its = synapses_[k];
    pulses_.start(its.release.started,
                  {k, its.release.open, its.post, its.conductance});
  }
  void end(const Pulse& pulse, int now) { synapses_[pulse.who].release.end(pulse.open, now); }
  void miniature(int t, int k, Synapse& its) {
    if (!release(t, k, its.mini)) return;
    its.wait = draw_wait(t, its.pre, its.post, static_cast<float>(t - spiked_[its.pre]));
    its.due = t + beyond(its.wait);
  }
  float draw_wait(int t, int pre, int post, float quiet) const {
    const std::uint32_t key = moment_.stream.words[1] + kWaits;
    std::uint32_t word = moment_.stream.words[0] + kWaits;
    const std::int32_t step = moment_.first_step + t;
    const auto cycle = static_cast<std::int32_t>(static_cast<std::uint32_t>(moment_.cycle) +
                                                 step / moment_.cycle_steps);
    for (const std::int32_t counter : {cycle, step % moment_.cycle_steps, pre, post})
      word = absorb(word, key, counter);
    const float ms = std::min(quiet * receptors_.dt, kNever);
    const float ramps = ms / its_.mini_ramp;
    const float fallen = ramps < 20 ? exponential_decay(ramps) : 0;  // beside 1 nothing
    const float rate = its_.mini_rate / 1000 * ((1 - fallen) / (1 + fallen));
    return -logarithm(spread(std::max(uniform(word), kLeastDraw)))[0] / rate;
  }

  const QuantalConstants its_;
  const QuantalArrays arrays_;
  const Receptors receptors_;
  const Moment moment_;
  Pulses pulses_;
  Decaying g_;
  Calendar<Synapse> calendar_;
  std::vector<Synapse> synapses_;
  std::vector<int> seen_;                  // synapses that are looked at in this step
  std::vector<int> spiked_, depleted_at_;  // of each pre cell: the step of its last spike
  Powers recovered_;                       // after so many steps
  float gone_on_;
  int silence_;
};
