"""What can go wrong with the mirror's certificate, each in two sentences for the operator.

MirrorFault                  900  the base
├── NoAccount                901  no account has been made, or its file is gone
├── AccountElsewhere         902  the account was made at another authority than config.toml names
├── KeyUnreadable            903  account.pem does not read as a key
├── TermsNotAgreed           904  the authority's terms have not been agreed to
├── CertificateUnusable      905  what should be key and certificate is not, or not for this name and day
├── AuthorityUnreachable     911  no answer from the authority through tor
├── AuthorityRefused         912  the authority refused, for a reason of its own
├── TooOften                 913  the authority wants fewer orders
├── NameNotProved            914  the authority could not see our answer under the name
├── ForbiddenByCaa           915  the authority obeys CAA, and CAA forbids it
├── ChallengeNotTaken        921  the intake did not take the challenge
└── ChildEnded               922  the child that does the work ended before it was done

Only the code crosses from the child to the keeper, never a text of the authority's: the sentences are ours.
"""

from __future__ import annotations


class MirrorFault(Exception):
    """Base; `happened` and `to_do` are its two sentences."""

    code = 900
    happened = "Something about the mirror's certificate went wrong."
    to_do = "Look at the mirror again with `kallskydd mirror status`."

    def __str__(self) -> str:
        """Return the two sentences."""
        return f"{self.happened} {self.to_do}"


class NoAccount(MirrorFault):
    """No account has been made, or its file is gone."""

    code = 901
    happened = "There is no account at the certificate authority yet, or its files are gone from the home."
    to_do = "Make it with `kallskydd mirror account`, or put `mirror/` back from the backup."


class AccountElsewhere(MirrorFault):
    """The account was made at another authority."""

    code = 902
    happened = "The account was made at another authority than `mirror.directory` names."
    to_do = "Set `mirror.directory` back, or move `mirror/account.json` away and run `kallskydd mirror account`."


class KeyUnreadable(MirrorFault):
    """The account's key does not read as one."""

    code = 903
    happened = "The file `mirror/account.pem` does not read as a key."
    to_do = "Put it back from the backup: with another key the account, and the CAA record, change too."


class TermsNotAgreed(MirrorFault):
    """The authority's terms have not been agreed to."""

    code = 904
    happened = "The authority makes an account only for those who agree to its terms."
    to_do = "Read them, and run `kallskydd mirror account --agree-to-terms`."


class CertificateUnusable(MirrorFault):
    """Not a key with its certificate for this name, valid now."""

    code = 905
    happened = "This is not one private key and its certificate for the mirror's name, valid today."
    to_do = (
        "Give one PEM file with the key, without a passphrase, then the certificate, then those that issued it;"
        " check `mirror.name` and the clock."
    )


class AuthorityUnreachable(MirrorFault):
    """No answer through tor."""

    code = 911
    happened = "The certificate authority did not answer through tor, or not as one should."
    to_do = "Nothing at once, it is tried again; if it stays, check `mirror.directory` and `kallskydd status`."


class AuthorityRefused(MirrorFault):
    """The authority refused for a reason of its own."""

    code = 912
    happened = "The certificate authority refused the order or the account."
    to_do = "Check `mirror.name` and `mirror.directory`; it is tried again, more and more seldom."


class TooOften(MirrorFault):
    """The authority wants fewer orders."""

    code = 913
    happened = "The certificate authority says that there were too many orders."
    to_do = "Wait: the next one goes out when the authority allows it."


class NameNotProved(MirrorFault):
    """The authority did not see our answer under the name."""

    code = 914
    happened = "The certificate authority could not see our answer under the mirror's name."
    to_do = "Check that the name leads to the relay's host, that port 443 is open there and that the relay runs."


class ForbiddenByCaa(MirrorFault):
    """CAA forbids it."""

    code = 915
    happened = "The name's CAA record forbids the authority to issue."
    to_do = "Compare it with the line that `kallskydd mirror account` prints."


class ChallengeNotTaken(MirrorFault):
    """The intake did not take the challenge."""

    code = 921
    happened = "The intake did not take the answer to the authority's question."
    to_do = "Nothing at once, it is tried again; if it stays, restart the service."


class ChildEnded(MirrorFault):
    """The child ended before it was done, or took too long."""

    code = 922
    happened = "The helper that orders the certificate ended before it was done, or took too long."
    to_do = "Nothing at once, it is tried again; if it stays, check the disk and the memory."


def fault_of(code: int) -> MirrorFault:
    """Return the fault that a child named by its code; the base for one we do not know."""
    return next((leaf() for leaf in MirrorFault.__subclasses__() if leaf.code == code), MirrorFault())
