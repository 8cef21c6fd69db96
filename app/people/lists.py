"""Short lists that people's input is compared with."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Mailboxes that anybody opens for ten minutes: one person could be many.
DISPOSABLE_DOMAINS = _words("""
    0-mail.com 10minutemail.com 10minutemail.net 20minutemail.com 33mail.com anonbox.net anonymbox.com
    binkmail.com burnermail.io byom.de cool.fr.nf courriel.fr.nf crazymailing.com discard.email
    discardmail.com dispostable.com dropmail.me easytrashmail.com emailfake.com emailondeck.com
    fakeinbox.com fakemail.net filzmail.com getairmail.com getnada.com grr.la guerrillamail.biz
    guerrillamail.com guerrillamail.de guerrillamail.info guerrillamail.net guerrillamail.org
    guerrillamailblock.com harakirimail.com hidemail.de inboxbear.com inboxkitten.com incognitomail.org
    jetable.com jetable.fr.nf jetable.org jourrapide.com kasmail.com linshiyouxiang.net mail-temp.com
    mail-temporaire.fr mail.tm mailcatch.com maildrop.cc maildu.de mailexpire.com mailinator.com
    mailinator.net mailinator2.com mailnesia.com mailnull.com mailpoof.com mailsac.com mailtemp.info
    mailtothis.com mintemail.com minutemail.io moakt.com mohmal.com mytemp.email mytrashmail.com
    nada.email nomail.xl.cx nospam.ze.tc nowmymail.com objectmail.com pokemail.net rhyta.com
    sharklasers.com sneakemail.com spam4.me spamavert.com spambog.com spambox.us spamex.com spamfree24.org
    spamgourmet.com spamhole.com speed.1s.fr superrito.com temp-mail.io temp-mail.org tempail.com
    tempemail.com tempinbox.com tempmail.de tempmail.dev tempmail.io tempmail.net tempmailaddress.com
    tempmailo.com temporaryinbox.com tempr.email throwawaymail.com trash-mail.com trash-mail.de
    trashmail.at trashmail.com trashmail.de trashmail.fr trashmail.me trashmail.net trashmail.ws trbvm.com
    wegwerfmail.de wegwerfmail.net wegwerfmail.org yopmail.com yopmail.fr yopmail.net yopmail.org
    zetmail.com
""")

#: What people type first, without digits, signs and accents: made of one of these and figures, it is guessed at once.
COMMON_PASSWORDS = _words("""
    aaaaaaaaaaaa abcdefghijkl abcdefghijklm administrateur administrator alexandre anniversaire
    anticonstitutionnellement aurevoir azertyazerty azertyqwerty azertyuiop azertyuiopqsdf
    azertyuiopqsdfghjklm bienvenue bonjour bonjourbonjour changemenow changezmoi chocolat citoyen
    citoyenne coucou coucoucoucou democratie doudou doudoudoudou football iloveyou iloveyouiloveyou
    jesuischarlie jetaime jetaimejetaime letmein letmeinletmein liberte libertegalitefraternite loulou
    loulouloulou marseillaise marseille monmotdepasse motdepasse motdepassemotdepasse nicolas
    olympiquemarseille parolepasse participation passpasspass password passwordpassword passwords
    princesse qwertyqwerty qwertyuiop qwertyuiopas qwertyuiopasdf secret secretsecret soleil soleilsoleil
    sunshine superman trustnoone vacances vivelafrance welcome welcomewelcome
""")

#: Runs of keys and figures, forwards and backwards.
RUNS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertyuiopasdfghjklzxcvbnm",
)

#: First names whose accents an address loses, by their plain form.
FIRST_NAMES = dict(
    pair.split("=")
    for pair in _words("""
    adele=Adèle agnes=Agnès aicha=Aïcha aida=Aïda anais=Anaïs andre=André andrea=Andréa angele=Angèle
    benedicte=Bénédicte berengere=Bérengère cecile=Cécile celia=Célia celine=Céline chloe=Chloé clea=Cléa
    clemence=Clémence clement=Clément cleo=Cléo come=Côme desire=Désiré edouard=Édouard elea=Éléa
    eleonore=Éléonore elise=Élise elodie=Élodie emeline=Émeline emile=Émile emilie=Émilie eric=Éric
    esme=Esmé etienne=Étienne eve=Ève felix=Félix francois=François francoise=Françoise frederic=Frédéric
    frederique=Frédérique genevieve=Geneviève gerald=Gérald geraldine=Géraldine gerard=Gérard
    gregoire=Grégoire gregory=Grégory helene=Hélène heloise=Héloïse ines=Inès irene=Irène jeremie=Jérémie
    jeremy=Jérémy jerome=Jérôme joel=Joël joelle=Joëlle josephine=Joséphine lea=Léa leane=Léane leo=Léo
    leon=Léon leonie=Léonie leopold=Léopold loic=Loïc mael=Maël maelle=Maëlle maelys=Maëlys maite=Maïté
    melanie=Mélanie melissa=Mélissa michele=Michèle mickael=Mickaël mireille=Mireille nadege=Nadège
    noe=Noé noel=Noël noelie=Noélie noelle=Noëlle noemie=Noémie oceane=Océane raphael=Raphaël
    raphaelle=Raphaëlle regine=Régine regis=Régis remi=Rémi remy=Rémy rene=René renee=Renée
    sebastien=Sébastien segolene=Ségolène selene=Sélène severine=Séverine stephane=Stéphane
    stephanie=Stéphanie sylvere=Sylvère thea=Théa theo=Théo theophile=Théophile therese=Thérèse
    timothe=Timothé timothee=Timothée valerie=Valérie veronique=Véronique yael=Yaël zoe=Zoé
""")
)

#: Mailboxes of services, not of somebody.
SHARED_MAILBOXES = _words("""
    accueil admin administration agence asso association bonjour bureau cabinet collectif comite
    communication compta comptabilite conseil contact courrier direction elus equipe famille hello info
    informations infos mail mairie newsletter noreply participation postmaster presse recrutement
    residence secretariat service services support syndic ville webmaster
""")
