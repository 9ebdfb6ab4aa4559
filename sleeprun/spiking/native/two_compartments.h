// A cell of a dendrite and a soma that follows it at once (neurons/two_compartment).
#pragma once

#include <string>
#include <tuple>

#include "membranes.h"

template <class Outside, class Inside>
class TwoCompartment {
 public:
  static_assert(!Inside::kSlow, "all that the soma has moves in its own turns");
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

  // Gates that are slow, in a step of their own.
  void move_slowly(std::span<Stepping<Cells>> all) const {
    for (const auto& its : all)
      dendrite_.move_slowly(Site{Place(its.cells->v), its.cells->calcium}, its.cells->gates);
  }
  // The rest a step later.
  [[gnu::flatten]] void step(std::span<Stepping<Cells>> all) const {
    for (auto& its : all) move_dendrite(its);
    for (int turn = 0; turn < soma_substeps_; ++turn)
      for (auto& its : all) move_soma(its, turn > 0);
    for (auto& its : all) move_potentials(its);
  }

 private:
  void move_dendrite(Stepping<Cells>& its) const {
    Cells& cells = *its.cells;
    const Site site{Place(cells.v), cells.calcium};
    dendrite_.move(site, cells.gates);
    Opened opened = its.leaks;
    const Opened inflow = dendrite_.conduct(site, cells.gates, opened);
    membrane_.relax_calcium(inflow, cells.v, cells.calcium);
    its.outside = opened, its.before = cells.v_soma;
  }
  void move_soma(Stepping<Cells>& its, bool again) const {
    Cells& cells = *its.cells;
    if (again) follow(its);
    const Site site{Place(cells.v_soma), Lanes{}};
    soma_.move(site, cells.gates + Outside::kGates);
    Opened opened{Lanes{}, spread(brought_)};
    soma_.conduct(site, cells.gates + Outside::kGates, opened);
    its.inside = opened, its.part = 1.0f / fused(load_, opened.g, 1.0f);
  }
  // What synapses and stimuli bring is divided by a capacitance of its own.
  void move_potentials(Stepping<Cells>& its) const {
    const Lanes seen = ratio_ * its.part;
    const Opened &soma = its.inside, &synapses = its.synapses;
    Opened opened = its.outside;
    opened.g = fused(share_, synapses.g, fused(seen, soma.g, opened.g));
    opened.driven = fused(share_, synapses.driven, fused(seen, soma.driven, opened.driven));
    membrane_.relax_potential(opened, its.cells->v);
    follow(its);
    its.spiked |= crosses(its.before, its.cells->v_soma, threshold_);
  }
  void follow(Stepping<Cells>& its) const {
    its.cells->v_soma = fused(load_, its.inside.driven, its.cells->v) * its.part;
  }

  Outside dendrite_;
  Inside soma_;
  Membrane membrane_;
  int soma_substeps_;
  float threshold_, share_, load_, ratio_, brought_;
};
