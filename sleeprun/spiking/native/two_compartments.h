// A cell of a dendrite and a soma that follows it at once (neurons/two_compartment).
#pragma once

#include <string>
#include <tuple>

#include "membranes.h"

template <class Outside, class Inside>
class TwoCompartment {
 public:
  static constexpr char kName[] = "TwoCompartment";
  static constexpr int kGates = Outside::kGates + Inside::kGates;
  struct Cells {
    Lanes v, calcium, v_soma, gates[kGates];  // the dendrite's gates and then the soma's
    const Lanes& spiking() const { return v_soma; }
  };

  struct Given {
    TwoCompartmentConstants its;
    ShellConstants shell;
    typename Outside::Constants dendrite;
    typename Inside::Constants soma;
  };
  template <class Source>
  static Given read(Source& source) {
    return {source.template constants<TwoCompartmentConstants>(),
            source.template constants<ShellConstants>(), Outside::read(source),
            Inside::read(source)};
  }

  static std::string names() { return Outside::names() + " /" + Inside::names(); }
  TwoCompartment(const Given& given, float ms, int soma_substeps)
      : dendrite_(given.dendrite, ms), soma_(given.soma, ms / soma_substeps),
        membrane_(given.its.capacitance, given.shell, ms), soma_substeps_(soma_substeps),
        threshold_(given.its.threshold),
        share_(given.its.capacitance / given.its.input_capacitance),
        load_(given.its.resistance * given.its.soma_area), ratio_(1 / given.its.area_ratio),
        brought_(given.its.soma_current) {}

  // What synapses and stimuli bring is divided by a capacitance of its own.
  Where step(const Opened& leaks, const Opened& synapses, Cells& cells) const {
    const Site site(cells.v, cells.calcium);
    dendrite_.move(site, cells.gates);
    Opened opened = leaks;
    const Opened calcium = dendrite_.conduct(site, cells.gates, opened);
    membrane_.relax_calcium(calcium, cells.v, cells.calcium);
    const Lanes before = cells.v_soma;
    Opened soma{};
    Lanes part{};  // of the dendrite's potential that the soma's is
    for (int turn = 0; turn < soma_substeps_; ++turn) {
      if (turn) cells.v_soma = fused(load_, soma.driven, cells.v) * part;
      const Site inside(cells.v_soma, Lanes{});
      soma_.move(inside, cells.gates + Outside::kGates);
      soma = {Lanes{}, spread(brought_)};
      soma_.conduct(inside, cells.gates + Outside::kGates, soma);
      part = 1.0f / fused(load_, soma.g, 1.0f);
    }
    const Lanes seen = ratio_ * part;
    opened.g = fused(share_, synapses.g, fused(seen, soma.g, opened.g));
    opened.driven = fused(share_, synapses.driven, fused(seen, soma.driven, opened.driven));
    membrane_.relax_potential(opened, cells.v);
    cells.v_soma = fused(load_, soma.driven, cells.v) * part;
    return crosses(before, cells.v_soma, threshold_);
  }

 private:

  Outside dendrite_;
  Inside soma_;
  Membrane membrane_;
  int soma_substeps_;
  float threshold_, share_, load_, ratio_, brought_;
};
