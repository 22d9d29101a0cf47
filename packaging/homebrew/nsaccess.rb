class Nsaccess < Formula
  desc "Access to one Kubernetes namespace on Amazon EKS, starting from its name"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license "Apache-2.0"

  on_macos do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/nsaccess-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256:nsaccess-@VERSION@-aarch64-apple-darwin.tar.gz@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/nsaccess-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256:nsaccess-@VERSION@-x86_64-apple-darwin.tar.gz@"
    end
  end

  on_linux do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/nsaccess-@VERSION@-aarch64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256:nsaccess-@VERSION@-aarch64-unknown-linux-gnu.tar.gz@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/nsaccess-@VERSION@-x86_64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256:nsaccess-@VERSION@-x86_64-unknown-linux-gnu.tar.gz@"
    end
  end

  def install
    bin.install "nsaccess"
    man1.install Dir["man/*.1.gz"]
    bash_completion.install "completions/nsaccess.bash" => "nsaccess"
    zsh_completion.install "completions/nsaccess.zsh" => "_nsaccess"
    fish_completion.install "completions/nsaccess.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/nsaccess --version")
  end
end
