// A log with three witnesses, two of which make the quorum.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/note/cosignature.h"
#include "plugin/core/ledger/note/policy.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "tests/support/note_keys.h"

namespace svidence::testing {

class NoteLog {
 public:
  static constexpr std::string_view kOrigin = "example.org/log";
  static constexpr ledger::UnixSeconds kNow = 1'700'000'000;

  const NoteKey& log() const { return log_; }
  const NoteKey& witness(std::size_t number) const { return witnesses_[number - 1]; }
  const Hasher& hasher() const { return hasher_; }
  ledger::VerifyContext context(ledger::UnixSeconds now = kNow) const {
    return {.verifier = verifier_, .limit = {.now = now}};
  }
  std::string Vkey(const NoteKey& key) const { return FormatVkey(hasher_, key.vkey()); }

  std::string PolicyText() const {
    std::string text = "log " + Vkey(log_) + '\n';
    for (std::size_t i = 1; i <= 3; ++i) {
      text += "witness w" + std::to_string(i) + ' ' + Vkey(witness(i)) + '\n';
    }
    return text + "group all-of-them 2 w1 w2 w3\nquorum all-of-them\n";
  }
  ledger::Policy Policy() const { return *ledger::Policy::Parse(hasher_, PolicyText()); }

  ledger::Checkpoint Checkpoint() const {
    Digest root{};
    root.fill(0x42);
    return {.origin = std::string(kOrigin), .size = 7, .root = root};
  }
  std::string Text() const { return *FormatCheckpoint(Checkpoint()); }
  ledger::NoteSignature Cosign(std::size_t number, ledger::UnixSeconds time = kNow) const {
    return *SignCosignature(witness(number).signer(), Text(), time);
  }
  // The checkpoint, signed by the log and cosigned by the witnesses with these
  // numbers.
  std::string Note(const std::vector<std::size_t>& numbers) const {
    ledger::SignedNote note{.text = Text(), .signatures = {log_.Sign(Text())}};
    for (const std::size_t number : numbers) note.signatures.push_back(Cosign(number));
    return *FormatNote(note);
  }

 private:
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  NoteKey log_{hasher_, 1, kOrigin};
  std::vector<NoteKey> witnesses_ = MakeWitnesses();

  std::vector<NoteKey> MakeWitnesses() const {
    std::vector<NoteKey> witnesses;
    for (std::uint8_t i = 1; i <= 3; ++i) {
      witnesses.emplace_back(hasher_, static_cast<std::uint8_t>(i + 1),
                             "witness.example/w" + std::to_string(i),
                             ledger::KeyType::kCosignature);
    }
    return witnesses;
  }
};

}  // namespace svidence::testing
